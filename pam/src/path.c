#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether only root decides what is in this directory; `*sticky` if others may add to it, but not replace. */
static bool directory_is_safe(const struct stat *status, bool *sticky) {
    bool writable = (status->st_mode & (S_IWGRP | S_IWOTH)) != 0;

    *sticky = writable && (status->st_mode & S_ISVTX) != 0;
    return S_ISDIR(status->st_mode) && status->st_uid == 0 && (!writable || *sticky);
}

/* Checks the directory `descriptor`, and then what `path` (relative to it) leads to. Closes `descriptor`. */
static enum outcome check_below(int descriptor, const char *path, uid_t *owner) {
    enum outcome outcome;

    for (;;) {
        struct stat status;
        size_t length = strcspn(path, "/");
        char name[256];
        bool sticky;
        int child;

        outcome = OUTCOME_UNTRUSTED_SOCKET;
        if (fstat(descriptor, &status) != 0 || !directory_is_safe(&status, &sticky) || length >= sizeof name) {
            break;
        }
        memcpy(name, path, length);
        name[length] = '\0';
        if (fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            outcome = outcome_of_errno(errno);
            break;
        }
        if (sticky && status.st_uid != 0) {
            break;
        }
        if (path[length] == '\0') {
            *owner = status.st_uid;
            outcome = S_ISSOCK(status.st_mode) ? OUTCOME_ACCEPTED : OUTCOME_UNTRUSTED_SOCKET;
            break;
        }
        child = openat(descriptor, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (child < 0) {
            outcome = outcome_of_errno(errno);
            break;
        }
        close(descriptor);
        descriptor = child;
        path += length + 1;
    }
    close(descriptor);
    return outcome;
}

enum outcome path_check_socket(const char *path, uid_t *owner) {
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    return root < 0 ? outcome_of_errno(errno) : check_below(root, path + 1, owner);
}
