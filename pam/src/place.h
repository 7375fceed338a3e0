/*
 * Where systemd (or elogind) has put this process, by its control group.
 */
#ifndef SEMBLANCE_PLACE_H
#define SEMBLANCE_PLACE_H

#include "statefile.h"

enum place { PLACE_UNREADABLE, PLACE_UNKNOWN, PLACE_SESSION, PLACE_USER_MANAGER, PLACE_SYSTEM_SERVICE };

/*
 * The identifier is that of the session, or the uid of the user manager's user. A strange one is left empty, which
 * names no file, and so is refused.
 */
enum place place_of_process(char identifier[IDENTIFIER_MAXIMUM]);

#endif
