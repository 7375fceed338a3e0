/*
 * Whether a socket's path can be believed: only root can have put there what is there.
 */
#ifndef SEMBLANCE_PATH_H
#define SEMBLANCE_PATH_H

#include <sys/types.h>

#include "outcome.h"

/*
 * Walks `path` (absolute, no "." or ".." components) without following links. Every directory must belong to root and
 * be writable by nobody else; a sticky one that others may write to is tolerated if what is taken from it belongs to
 * root. The last component must be a socket. Returns OUTCOME_ACCEPTED with its owner, or why not.
 */
enum outcome path_check_socket(const char *path, uid_t *owner);

#endif
