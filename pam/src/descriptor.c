#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int descriptor_above_standard_streams(int descriptor) {
    int moved;
    int saved;

    if (descriptor < 0 || descriptor > STDERR_FILENO) {
        return descriptor;
    }
    moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    saved = errno;
    close(descriptor);
    errno = saved;
    return moved;
}
