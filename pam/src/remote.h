/*
 * Whether the person who logs in can be sitting in front of this computer.
 */
#ifndef SEMBLANCE_REMOTE_H
#define SEMBLANCE_REMOTE_H

#include <security/pam_modules.h>

/*
 * Returns NULL if nothing speaks against it, else why not. Without a handle, no item is set. In this order:
 *   - PAM_RHOST is set, to whatever;
 *   - PAM_SERVICE is one through which people log in from elsewhere;
 *   - the calling process belongs to a login session (by its control group, else by its audit session) that is not
 *     local, active and on a seat, that was opened by such a service, or that logind does not know;
 *   - it belongs to a user's service manager, and any session of that user is remote, or none is active on a seat;
 *   - it is polkit's helper in a system service, and that is so for the user who is to be authenticated, or a program of
 *     another user's asks it;
 *   - it is a system service that is neither a known greeter nor on a virtual terminal or X display.
 * The environment is not asked: it is the caller's.
 */
const char *remote_reason(pam_handle_t *pamh, const char *user, const char *service);

#endif
