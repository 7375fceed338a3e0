/*
 * Whether the person who logs in can be sitting in front of this computer.
 */
#ifndef SEMBLANCE_REMOTE_H
#define SEMBLANCE_REMOTE_H

/*
 * Returns NULL if nothing speaks against it, else why not. In this order:
 *   - PAM_RHOST is set, to whatever;
 *   - PAM_SERVICE is one through which people log in from elsewhere;
 *   - the calling process belongs to a login session (by its control group, else by its audit session) that logind
 * calls remote, that was opened by such a service, or that logind does not know;
 *   - it belongs to a user's service manager, and the user's graphical session, or without one any session, is remote,
 * or there is none;
 *   - it is a system service that is neither a known greeter nor on a virtual terminal or X display.
 * The environment is not asked: it is the caller's.
 */
const char *remote_reason(const char *service, const char *remote_host, const char *terminal);

#endif
