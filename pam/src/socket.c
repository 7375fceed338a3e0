#include "socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "descriptor.h"
#include "path.h"
#include "wait.h"

/* How long to wait before asking again while the daemon's queue is full. */
#define RETRY_MILLISECONDS 20

static enum outcome connect_until(int descriptor, const struct sockaddr_un *address, int64_t deadline) {
    for (;;) {
        if (connect(descriptor, (const struct sockaddr *)address, sizeof *address) == 0) {
            return OUTCOME_ACCEPTED;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            return outcome_of_errno(errno);
        }
        switch (wait_milliseconds(RETRY_MILLISECONDS, deadline)) {
        case WAIT_READY: break;
        case WAIT_TIMED_OUT: return OUTCOME_OVERLOADED;
        case WAIT_CANCELLED: return OUTCOME_CANCELLED;
        case WAIT_FAILED: return OUTCOME_SYSTEM_FAILURE;
        }
    }
}

/* SO_PEERCRED tells who called listen(2): the daemon, or the service manager on its behalf. */
static bool peer_is_trusted(int descriptor, uid_t owner) {
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof peer;

    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof peer
           && peer.uid != (uid_t)-1 && (peer.uid == 0 || peer.uid == owner);
}

enum outcome socket_connect(const char *path, int64_t deadline, int *descriptor) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    uid_t owner = (uid_t)-1;
    enum outcome outcome;
    int connected;

    if (length >= sizeof address.sun_path) {
        return OUTCOME_MISCONFIGURED;
    }
    memcpy(address.sun_path, path, length);
    outcome = path_check_socket(path, &owner);
    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    connected = descriptor_above_standard_streams(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connected < 0) {
        return outcome_of_errno(errno);
    }
    outcome = connect_until(connected, &address, deadline);
    if (outcome == OUTCOME_ACCEPTED && !peer_is_trusted(connected, owner)) {
        outcome = OUTCOME_UNTRUSTED_SOCKET;
    }
    if (outcome != OUTCOME_ACCEPTED) {
        close(connected);
        return outcome;
    }
    *descriptor = connected;
    return OUTCOME_ACCEPTED;
}
