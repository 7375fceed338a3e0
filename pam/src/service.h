/*
 * What the name of a PAM service tells. It is the program's own word, not its caller's.
 */
#ifndef SEMBLANCE_SERVICE_H
#define SEMBLANCE_SERVICE_H

#include <stdbool.h>

/* Services whose users are, or may be, elsewhere. */
bool service_is_remote(const char *service);

/* Display managers: they run as root and talk to the person at the screen by themselves. */
bool service_is_greeter(const char *service);

/* sudo, whose arguments say where it takes passwords from. */
bool service_is_sudo(const char *service);

/* polkit's helper: it runs as root, and passes on what a program of the user's says and answers. */
bool service_is_polkit(const char *service);

#endif
