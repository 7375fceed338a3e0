/*
 * What systemd-logind (or elogind) says about sessions and users, by its state files. Only files that root alone can
 * have written are believed. Each function returns NULL if nothing speaks against a login, else why not.
 */
#ifndef SEMBLANCE_LOGIND_H
#define SEMBLANCE_LOGIND_H

#include <stdbool.h>

/* Whether there is one at all. */
bool logind_is_here(void);

bool logind_knows_session(const char *identifier);

/* Whether it is a session of that user (a uid in decimal). */
bool logind_session_belongs_to(const char *identifier, const char *user);

/* The session must be local, on a seat, and the one in front there. */
const char *logind_session_reason(const char *identifier);

/*
 * None of the sessions of the user (a uid in decimal) may be remote, and one must be as above. For processes of which
 * only the user is known: any of his sessions can have started them.
 */
const char *logind_user_reason(const char *user);

/* One of them must be as above; what the others are like does not matter. For what is done in that session. */
const char *logind_user_front_reason(const char *user);

#endif
