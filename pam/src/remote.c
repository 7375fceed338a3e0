#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define CONTROL_GROUP_FILE "/proc/self/cgroup"
#define AUDIT_SESSION_FILE "/proc/self/sessionid"
#define SESSIONS_DIRECTORY "/run/systemd/sessions"
#define USERS_DIRECTORY "/run/systemd/users"
#define AUDIT_SESSION_UNSET "4294967295"

#define MAXIMUM_FILE 8192
#define MAXIMUM_IDENTIFIER 32

enum place { PLACE_UNKNOWN, PLACE_SESSION, PLACE_USER_MANAGER, PLACE_SYSTEM_SERVICE };

static bool matches_any(const char *service, const char *const *patterns) {
    for (; *patterns != NULL; patterns++) {
        if (fnmatch(*patterns, service, FNM_CASEFOLD) == 0) {
            return true;
        }
    }
    return false;
}

/* Services whose users are, or may be, elsewhere. */
static bool is_remote_service(const char *service) {
    static const char *const patterns[] = {/* shells */
        "ssh", "sshd*", "dropbear*", "remote", "rlogin", "rsh", "rexec", "telnet*", "teleport*",
        /* desktops */
        "xrdp*", "krdp*", "*remote-desktop*", "*vnc*", "nx*", "nomachine*", "xpra*", "x2go*", "guac*", "rustdesk*",
        /* administration by a browser */
        "cockpit*", "webmin*", "rstudio*", "jupyter*",
        /* networks */
        "ppp*", "*vpn*", "*swan*", "*radius*",
        /* files, mail, proxies, the web, databases, printing */
        "ftp*", "*ftpd*", "samba*", "smb*", "netatalk*", "dovecot*", "imap*", "pop3*", "smtp*", "sieve*", "cyrus*",
        "saslauthd*", "squid*", "apache*", "httpd*", "nginx*", "postgres*", "mysql*", "mariadb*", "ejabberd*", "xmpp*",
        "prosody*", "gitlab*", "cups*", NULL};

    return matches_any(service, patterns);
}

/* Services that run as system services and serve the person at the screen. */
static bool is_greeter(const char *service) {
    static const char *const patterns[] = {"gdm*", "lightdm*", "sddm*", "lxdm*", "xdm*", "wdm*", "slim*", "greetd*",
        "ly", "lemurs", "emptty", "kde*", "plasmalogin*", "cosmic-greeter*", "polkit-1", NULL};

    return matches_any(service, patterns);
}

/* A virtual terminal ("tty2", not "ttyS0" or "pts/3") or an X display of this computer (":0", ":0.0"). */
static bool is_local_terminal(const char *terminal) {
    const char *number;

    if (terminal == NULL) {
        return false;
    }
    if (strncmp(terminal, "/dev/", 5) == 0) {
        terminal += 5;
    }
    if (*terminal == ':') {
        number = terminal + 1;
        return *number != '\0' && strspn(number, "0123456789.") == strlen(number);
    }
    number = terminal + 3;
    return strncmp(terminal, "tty", 3) == 0 && *number != '\0' && strspn(number, "0123456789") == strlen(number);
}

/* Reads the whole of a small regular file; with `of_root` only one that root alone can have written. */
static bool read_file(const char *path, char text[MAXIMUM_FILE], bool of_root) {
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    size_t length = 0;
    ssize_t count = -1;

    if (descriptor < 0) {
        return false;
    }
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)
        && (!of_root || (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0))) {
        do {
            count = read(descriptor, text + length, MAXIMUM_FILE - 1 - length);
            length += count > 0 ? (size_t)count : 0;
        } while ((count > 0 && length < MAXIMUM_FILE - 1) || (count < 0 && errno == EINTR));
    }
    close(descriptor);
    text[length] = '\0';
    return count == 0;
}

/* Copies the value of the line KEY=VALUE of a state file; false if there is none, or it does not fit. */
static bool find_value(const char *text, const char *key, char *value, size_t capacity) {
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

/* Copies an identifier of letters and digits; false, and an empty one, if it is empty, too long or anything else. */
static bool copy_identifier(char identifier[MAXIMUM_IDENTIFIER], const char *text, size_t length) {
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    identifier[0] = '\0';
    if (length == 0 || length >= MAXIMUM_IDENTIFIER || strspn(text, allowed) < length) {
        return false;
    }
    memcpy(identifier, text, length);
    identifier[length] = '\0';
    return true;
}

static bool has_affixes(const char *text, size_t length, const char *prefix, const char *suffix) {
    size_t before = strlen(prefix);
    size_t after = strlen(suffix);

    return length >= before + after && strncmp(text, prefix, before) == 0
           && strncmp(text + length - after, suffix, after) == 0;
}

/*
 * Where systemd has put the process: the first component of its control group that is not a slice. Only what is below
 * that can belong to the user. A strange identifier is left empty, which names no file, and so is refused.
 */
static enum place place_of_group(const char *group, char identifier[MAXIMUM_IDENTIFIER]) {
    while (*group == '/') {
        const char *name = group + 1;
        size_t length = strcspn(name, "/\n");

        if (has_affixes(name, length, "session-", ".scope")) {
            (void)copy_identifier(identifier, name + 8, length - 14);
            return PLACE_SESSION;
        }
        if (has_affixes(name, length, "user@", ".service")) {
            (void)copy_identifier(identifier, name + 5, length - 13);
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

/* Finds the process's place by the contents of its cgroup file ("NUMBER:CONTROLLERS:PATH" lines). */
static enum place find_place(const char *text, char identifier[MAXIMUM_IDENTIFIER]) {
    enum place place = PLACE_UNKNOWN;

    while (*text != '\0') {
        const char *controllers = strchr(text, ':');
        const char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');

        if (group == NULL) {
            break;
        }
        if (strncmp(controllers, ":name=elogind:/", 15) == 0
            && copy_identifier(identifier, group + 2, strcspn(group + 2, "/\n"))) {
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

static const char *session_reason(const char *identifier) {
    char path[sizeof SESSIONS_DIRECTORY + 1 + MAXIMUM_IDENTIFIER];
    char text[MAXIMUM_FILE];
    char value[256];

    (void)snprintf(path, sizeof path, "%s/%s", SESSIONS_DIRECTORY, identifier);
    if (!read_file(path, text, true) || !find_value(text, "REMOTE", value, sizeof value)) {
        return "nothing is known about its session";
    }
    if (strcmp(value, "0") != 0) {
        return "its session is remote";
    }
    if (find_value(text, "SERVICE", value, sizeof value) && is_remote_service(value)) {
        return "its session was opened by a service for remote users";
    }
    return NULL;
}

static const char *user_manager_reason(const char *user) {
    char path[sizeof USERS_DIRECTORY + 1 + MAXIMUM_IDENTIFIER];
    char text[MAXIMUM_FILE];
    char value[1024];
    char identifier[MAXIMUM_IDENTIFIER];
    const char *reason = "the user has no session";
    const char *next = value;

    (void)snprintf(path, sizeof path, "%s/%s", USERS_DIRECTORY, user);
    if (!read_file(path, text, true)) {
        return "nothing is known about the user's sessions";
    }
    if (find_value(text, "DISPLAY", value, sizeof value) && copy_identifier(identifier, value, strlen(value))) {
        return session_reason(identifier);
    }
    if (!find_value(text, "SESSIONS", value, sizeof value)) {
        return reason;
    }
    while (*next != '\0') {
        size_t length = strcspn(next, " ");

        if (length > 0) {
            reason =
                copy_identifier(identifier, next, length) ? session_reason(identifier) : "a session has a strange name";
            if (reason != NULL) {
                return reason;
            }
        }
        next += length + (next[length] == ' ' ? 1 : 0);
    }
    return reason;
}

/* By the audit session, which logind uses as its identifier where auditing is on; NULL if that says nothing. */
static const char *audit_session_reason(void) {
    char path[sizeof SESSIONS_DIRECTORY + 1 + MAXIMUM_IDENTIFIER];
    char text[MAXIMUM_FILE];
    char identifier[MAXIMUM_IDENTIFIER];

    if (!read_file(AUDIT_SESSION_FILE, text, false) || !copy_identifier(identifier, text, strcspn(text, "\n"))
        || strcmp(identifier, AUDIT_SESSION_UNSET) == 0) {
        return NULL;
    }
    (void)snprintf(path, sizeof path, "%s/%s", SESSIONS_DIRECTORY, identifier);
    return access(path, F_OK) == 0 ? session_reason(identifier) : NULL;
}

const char *remote_reason(const char *service, const char *remote_host, const char *terminal) {
    char text[MAXIMUM_FILE];
    char identifier[MAXIMUM_IDENTIFIER];

    if (remote_host != NULL && *remote_host != '\0') {
        return "a remote host is set";
    }
    if (is_remote_service(service)) {
        return "the service is one for remote users";
    }
    if (!read_file(CONTROL_GROUP_FILE, text, false)) {
        return access(SESSIONS_DIRECTORY, F_OK) == 0 ? "its session cannot be found out" : NULL;
    }
    switch (find_place(text, identifier)) {
    case PLACE_SESSION: return session_reason(identifier);
    case PLACE_USER_MANAGER: return user_manager_reason(identifier);
    case PLACE_SYSTEM_SERVICE:
        return is_greeter(service) || is_local_terminal(terminal)
                   ? NULL
                   : "a system service, and nothing shows that it is local";
    case PLACE_UNKNOWN: break;
    }
    return audit_session_reason();
}
