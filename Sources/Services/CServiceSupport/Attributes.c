#include <CServiceSupport.h>
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

/* The kernel's own bound, of all names and of a value (xattr(7)). */
#define LONGEST 65536

int semblance_copy_attributes(const char *from, int to) {
    char names[LONGEST];
    char value[LONGEST];
    ssize_t size = llistxattr(from, names, sizeof names);

    if (size < 0) return errno == ENOTSUP ? 0 : -1;
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        ssize_t length = lgetxattr(from, name, value, sizeof value);

        if (length < 0 || fsetxattr(to, name, value, (size_t)length, 0) < 0) return -1;
    }
    return 0;
}
