#include "host.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "service.h"
#include "statefile.h"

#define ARGUMENTS_FILE "/proc/self/cmdline"

/*
 * By the uids of the process, and by the kernel's word on whether exec has given it anything by its file (another uid or
 * gid, or capabilities), which stays after the program has set its real uid. Ambient capabilities are its caller's:
 * pam_systemd(8) gives CAP_WAKE_ALARM to everything in a session.
 */
enum host_privilege host_privilege(void) {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;

    if (getauxval(AT_SECURE) != 0) {
        return HOST_RAISED;
    }
    return getresuid(&real, &effective, &saved) == 0 && real != 0 && effective != 0 && saved != 0 ? HOST_UNPRIVILEGED
                                                                                                  : HOST_OF_ROOT;
}

bool host_asker(const char *service, uid_t *asker) {
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof peer;
    int domain = 0;
    socklen_t domain_length = sizeof domain;

    /* First, as the standard input of a program that is raised is its caller's to choose. */
    if (host_privilege() == HOST_RAISED) {
        *asker = (uid_t)getauxval(AT_UID);
        return true;
    }
    if (!service_is_polkit(service)
        || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) != 0 || domain != AF_UNIX
        || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof peer) {
        return false;
    }
    *asker = peer.uid;
    return peer.uid != (uid_t)-1;
}

/* The long options that have no value in a word of their own, and leave the terminal to be asked. */
static bool is_harmless_option(const char *name) {
    static const char *const names[] = {"background", "bell", "edit", "list", "login", "non-interactive", "no-update",
        "preserve-env", "preserve-groups", "remove-timestamp", "reset-timestamp", "set-home", "shell", "validate"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return strchr(name, '=') != NULL;
}

/* A word of single letters: false if one takes the password elsewhere. `*has_value` if the next word is its value. */
static bool are_harmless_letters(const char *letters, bool *has_value) {
    static const char with_value[] = "aCcDghpRrTtUu";

    for (; *letters != '\0'; letters++) {
        if (*letters == 'S' || *letters == 'A') {
            return false;
        }
        if (strchr(with_value, *letters) != NULL) {
            *has_value = letters[1] == '\0';
            break;
        }
    }
    return true;
}

/* As sudo reads them: options and assignments, in any order, up to the command. */
bool sudo_reads_terminal(const char *arguments, size_t count) {
    const char *end = arguments + count;
    bool is_value = true; /* the program's name */

    if (count == 0 || end[-1] != '\0') {
        return false;
    }
    for (const char *word = arguments; word < end; word += strlen(word) + 1) {
        if (is_value) {
            is_value = false;
        } else if (strcmp(word, "--") == 0) {
            return true;
        } else if (strncmp(word, "--", 2) == 0) {
            if (!is_harmless_option(word + 2)) {
                return false;
            }
        } else if (word[0] == '-' && word[1] != '\0') {
            if (!are_harmless_letters(word + 1, &is_value)) {
                return false;
            }
        } else if (strchr(word, '=') == NULL) {
            return true;
        }
    }
    return true;
}

bool host_reads_terminal(const char *service) {
    char arguments[STATEFILE_MAXIMUM];
    size_t count = 0;

    return service_is_sudo(service) && statefile_read_bytes(ARGUMENTS_FILE, arguments, &count, false)
           && sudo_reads_terminal(arguments, count);
}
