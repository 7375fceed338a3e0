/*
 * A connection to a daemon whose socket and identity have been checked.
 */
#ifndef SEMBLANCE_SOCKET_H
#define SEMBLANCE_SOCKET_H

#include <stdint.h>

#include "outcome.h"

/*
 * Connects to the stream socket at `path` (see path_check_socket) and asks the kernel who listens there: root, or the
 * owner of the socket. Returns OUTCOME_ACCEPTED with a non-blocking, close-on-exec descriptor above 2, or why not.
 */
enum outcome socket_connect(const char *path, int64_t deadline, int *descriptor);

#endif
