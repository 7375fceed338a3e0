#include "statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

bool statefile_read_bytes(const char *path, char bytes[STATEFILE_MAXIMUM], size_t *length, bool of_root) {
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    ssize_t count = -1;

    *length = 0;
    if (descriptor < 0) {
        return false;
    }
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)
        && (!of_root || (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0))) {
        do {
            count = read(descriptor, bytes + *length, STATEFILE_MAXIMUM - 1 - *length);
            *length += count > 0 ? (size_t)count : 0;
        } while ((count > 0 && *length < STATEFILE_MAXIMUM - 1) || (count < 0 && errno == EINTR));
    }
    close(descriptor);
    bytes[*length] = '\0';
    return count == 0;
}

bool statefile_read(const char *path, char text[STATEFILE_MAXIMUM], bool of_root) {
    size_t length;

    return statefile_read_bytes(path, text, &length, of_root);
}

bool statefile_value(const char *text, const char *key, char *value, size_t capacity) {
    size_t key_length = strlen(key);

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > key_length && strncmp(text, key, key_length) == 0 && text[key_length] == '=') {
            size_t value_length = length - key_length - 1;

            if (value_length >= capacity) {
                return false;
            }
            memcpy(value, text + key_length + 1, value_length);
            value[value_length] = '\0';
            return true;
        }
        text += length + (text[length] == '\n' ? 1 : 0);
    }
    return false;
}

bool identifier_copy(char identifier[IDENTIFIER_MAXIMUM], const char *text, size_t length) {
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    identifier[0] = '\0';
    if (length == 0 || length >= IDENTIFIER_MAXIMUM || strspn(text, allowed) < length) {
        return false;
    }
    memcpy(identifier, text, length);
    identifier[length] = '\0';
    return true;
}
