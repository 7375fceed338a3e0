/* The few system calls that Swift cannot name: variadic functions and types behind feature macros. */
#ifndef SEMBLANCE_CSERVICESUPPORT_H
#define SEMBLANCE_CSERVICESUPPORT_H

#include <stdint.h>

/* struct ucred of unix(7). */
struct semblance_peer {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/* SO_PEERCRED, whose value differs between architectures. */
extern const int semblance_so_peercred;

/* The credentials of the peer of a connected Unix socket. 0, or -1 with errno. */
int semblance_peer_credentials(int descriptor, struct semblance_peer *peer);

/* SO_PEERPIDFD (Linux 6.5): a pidfd for the peer of a connected Unix socket. Its value differs between architectures. */
extern const int semblance_so_peerpidfd;

/* pidfd_open(2), close-on-exec; -1 with errno. */
int semblance_pidfd_open(int32_t pid);

/* 1 if the descriptor is a Unix stream socket that listens, else 0. */
int semblance_is_listening_unix_stream(int descriptor);

/* prctl(2): no dumps and no ptrace by the same user; no privileges by execve. 0, or -1 with errno. */
int semblance_set_undumpable(void);
int semblance_set_no_new_privileges(void);

/*
 * Gives the open file the extended attributes (labels of security modules, access control lists) of the file at the path.
 * 0, or -1 with errno.
 */
int semblance_copy_attributes(const char *from, int to);

/* How many arguments the program was started with, its name included. */
int semblance_argument_count(void);

/* Gives freed pages back to the system, wherever in the heap they are (malloc_trim(3)). */
void semblance_give_back_memory(void);

#endif
