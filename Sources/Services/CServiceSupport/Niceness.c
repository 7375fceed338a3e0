#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * libdispatch gives each of its threads a niceness, negative ones among them, and writes a line to the system's log for
 * each that the kernel (EACCES) or the service's system call filter (EPERM) refuses. They were most of the journal. A
 * thread that stays as nice as it was is as good here, so programs take such a refusal for an answer: this definition is
 * found before the C library's.
 */
int setpriority(__priority_which_t which, id_t who, int niceness) {
    if (syscall(SYS_setpriority, which, who, niceness) == 0) return 0;
    if (errno != EACCES && errno != EPERM) return -1;
    errno = 0;
    return 0;
}
