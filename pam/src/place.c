#include "place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CONTROL_GROUP_FILE "/proc/self/cgroup"

static bool has_affixes(const char *text, size_t length, const char *prefix, const char *suffix) {
    size_t before = strlen(prefix);
    size_t after = strlen(suffix);

    return length >= before + after && strncmp(text, prefix, before) == 0
           && strncmp(text + length - after, suffix, after) == 0;
}

/* By the first component of the control group that is not a slice: only what is below that can belong to the user. */
static enum place place_of_group(const char *group, char identifier[IDENTIFIER_MAXIMUM]) {
    while (*group == '/') {
        const char *name = group + 1;
        size_t length = strcspn(name, "/\n");

        if (has_affixes(name, length, "session-", ".scope")) {
            (void)identifier_copy(identifier, name + 8, length - 14);
            return PLACE_SESSION;
        }
        if (has_affixes(name, length, "user@", ".service")) {
            (void)identifier_copy(identifier, name + 5, length - 13);
            return PLACE_USER_MANAGER;
        }
        if (has_affixes(name, length, "", ".service")) {
            return PLACE_SYSTEM_SERVICE;
        }
        if (!has_affixes(name, length, "", ".slice")) {
            return PLACE_UNKNOWN;
        }
        group = name + length;
    }
    return PLACE_UNKNOWN;
}

/* By the contents of the cgroup file ("NUMBER:CONTROLLERS:PATH" lines). */
static enum place find_place(const char *text, char identifier[IDENTIFIER_MAXIMUM]) {
    enum place place = PLACE_UNKNOWN;

    while (*text != '\0') {
        const char *controllers = strchr(text, ':');
        const char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');

        if (group == NULL) {
            break;
        }
        if (strncmp(controllers, ":name=elogind:/", 15) == 0
            && identifier_copy(identifier, group + 2, strcspn(group + 2, "/\n"))) {
            return PLACE_SESSION;
        }
        if (strncmp(controllers, ":name=systemd:", 14) == 0 || strncmp(text, "0::", 3) == 0) {
            place = place_of_group(group + 1, identifier);
            if (place != PLACE_UNKNOWN) {
                return place;
            }
        }
        text = strchr(group, '\n');
        if (text == NULL) {
            break;
        }
        text++;
    }
    return place;
}

enum place place_of_process(char identifier[IDENTIFIER_MAXIMUM]) {
    char text[STATEFILE_MAXIMUM];

    return statefile_read(CONTROL_GROUP_FILE, text, false) ? find_place(text, identifier) : PLACE_UNREADABLE;
}
