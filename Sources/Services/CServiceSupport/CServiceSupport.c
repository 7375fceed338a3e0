#define _GNU_SOURCE
#include "CServiceSupport.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct semblance_peer) == sizeof(struct ucred), "struct ucred is three 32-bit words");

/* Debian 12's headers are older than the option. */
#if defined SO_PEERPIDFD
#elif defined __hppa__
#define SO_PEERPIDFD 0x404B
#elif defined __sparc__
#define SO_PEERPIDFD 0x0056
#else
#define SO_PEERPIDFD 77
#endif

const int semblance_so_peercred = SO_PEERCRED;
const int semblance_so_peerpidfd = SO_PEERPIDFD;

int semblance_pidfd_open(int32_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int semblance_peer_credentials(int descriptor, struct semblance_peer *peer) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    return 0;
}

static int option(int descriptor, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

int semblance_is_listening_unix_stream(int descriptor) {
    return option(descriptor, SO_DOMAIN) == AF_UNIX && option(descriptor, SO_TYPE) == SOCK_STREAM
        && option(descriptor, SO_ACCEPTCONN) == 1;
}

int semblance_set_undumpable(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int semblance_set_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int argument_count;

/* The C library hands the arguments to constructors, with or without /proc. */
__attribute__((constructor)) static void note_arguments(int count) {
    argument_count = count;
}

int semblance_argument_count(void) {
    return argument_count;
}

void semblance_give_back_memory(void) {
    (void)malloc_trim(0);
}
