/*
 * The application that has loaded the module: what it may do that its caller may not, and where it takes passwords from.
 */
#ifndef SEMBLANCE_HOST_H
#define SEMBLANCE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum host_privilege {
    /* It can do no more than its caller: lock screens. */
    HOST_UNPRIVILEGED,
    /* exec has given it more than its caller has: sudo, su, chfn. What it is told is its caller's word. */
    HOST_RAISED,
    /* Root started it: login, display managers. */
    HOST_OF_ROOT,
};

enum host_privilege host_privilege(void);

/*
 * The user whose program has this one ask: who executed it, by the kernel's word, where that has raised it; who has
 * connected to polkit's helper (from version 127 on a system service, whose standard input is that socket), as the kernel
 * noted it then: an effective uid, in place of root's the process's real one (pkexec's own agent is its caller's);
 * HOST_ASKER_UNKNOWN where that can't be found out any more. False where nothing says it.
 */
#define HOST_ASKER_UNKNOWN ((uid_t)-1)

bool host_asker(const char *service, uid_t *asker);

/*
 * Whether the application, by the name of its service and its arguments, reads passwords at the controlling terminal
 * whatever its standard input is: sudo, unless it was told to take them from there or from a helper. False where in doubt.
 *
 * The arguments are its caller's. Nothing of security hangs on them: consent is read at the terminal either way. They say
 * whether a question there would hold up a script that brings its own password.
 */
bool host_reads_terminal(const char *service);

/* Whether the application was told to ask its user nothing: sudo -n, which calls PAM all the same with noninteractive_auth. */
bool host_never_asks(const char *service);

/* The same of sudo's arguments: `count` bytes, each argument ended by a NUL, the program's name first. */
bool sudo_reads_terminal(const char *arguments, size_t count);
bool sudo_never_asks(const char *arguments, size_t count);

#endif
