#include "host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "service.h"
#include "statefile.h"

/* From Linux 6.5 on, which the C library's headers may be older than. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
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

/* The real uid of a process whose effective uid is root's, by its /proc/PID/status. */
static bool real_uid_of_root(pid_t pid, uid_t *uid) {
    static const char key[] = "\nUid:";
    char path[sizeof "/proc//status" + 3 * sizeof pid];
    char text[STATEFILE_MAXIMUM];
    const char *line;
    char *end = NULL;
    unsigned long real = 0;

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    if (!statefile_read(path, text, false) || (line = strstr(text, key)) == NULL) {
        return false;
    }
    line += sizeof key - 1;
    real = strtoul(line, &end, 10);
    if (end == line || *end != '\t' || real >= (uid_t)-1 || strtoul(end, NULL, 10) != 0) {
        return false;
    }
    *uid = (uid_t)real;
    return true;
}

/* When a process began, in clock ticks since boot: the 22nd field of proc_pid_stat(5), whose second may hold anything. */
static bool start_of(const char *process, unsigned long long *start) {
    char path[64];
    char text[STATEFILE_MAXIMUM];
    const char *field;

    (void)snprintf(path, sizeof path, "/proc/%s/stat", process);
    if (!statefile_read(path, text, false) || (field = strrchr(text, ')')) == NULL) {
        return false;
    }
    for (int number = 2; number < 22; number++) {
        field = strchr(field + 1, ' ');
        if (field == NULL) {
            return false;
        }
    }
    *start = strtoull(field, NULL, 10);
    return true;
}

/*
 * Whether the process of that pid is, after all that was read of it, still the one that has connected: by the kernel's handle
 * of it; before Linux 6.5 by its having begun before this one, which the connection has started.
 */
static bool is_still_peer(int socket, pid_t pid) {
    int handle = -1;
    socklen_t length = sizeof handle;
    char process[3 * sizeof pid + 1];
    unsigned long long theirs = 0;
    unsigned long long ours = 0;
    bool is_alive;

    if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &handle, &length) == 0) {
        is_alive = syscall(SYS_pidfd_send_signal, handle, 0, NULL, 0) == 0;
        close(handle);
        return is_alive;
    }
    if (errno != ENOPROTOOPT) {
        return false;
    }
    (void)snprintf(process, sizeof process, "%ld", (long)pid);
    return start_of(process, &theirs) && start_of("self", &ours) && theirs <= ours;
}

/* A program that exec has raised, as pkexec, has connected as root. Whose it is, its real uid says. */
static uid_t asker_of_root(int socket, pid_t pid) {
    uid_t uid = HOST_ASKER_UNKNOWN;

    return pid > 0 && real_uid_of_root(pid, &uid) && is_still_peer(socket, pid) ? uid : HOST_ASKER_UNKNOWN;
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
    if (!service_is_polkit(service) || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) != 0
        || domain != AF_UNIX || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0
        || length != sizeof peer) {
        return false;
    }
    *asker = peer.uid == 0 ? asker_of_root(STDIN_FILENO, peer.pid) : peer.uid;
    return true;
}

/* What sudo's options say of the password. */
struct sudo_options {
    bool elsewhere; /* it is not read at the terminal, or that is in doubt */
    bool never;     /* it is not asked for */
};

/* Whether `name` is one of these, or with `abbreviated` the beginning of one, as sudo takes it. */
static bool is_among(const char *const *names, size_t count, const char *name, bool abbreviated) {
    for (size_t i = 0; i < count; i++) {
        if (abbreviated ? strncmp(names[i], name, strlen(name)) == 0 : strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A long option, without its dashes. `*has_value` if the next word is its value. */
static void read_long_option(const char *name, struct sudo_options *options, bool *has_value) {
    static const char *const harmless[] = {"background", "bell", "edit", "list", "login", "no-update", "preserve-env",
        "preserve-groups", "remove-timestamp", "reset-timestamp", "set-home", "shell", "validate"};
    static const char *const with_value[] = {"chdir", "chroot", "close-from", "command-timeout", "group", "host",
        "other-user", "prompt", "role", "type", "user"};
    static const char silent[] = "non-interactive";

    if (strncmp(name, "non", 3) == 0 && strncmp(silent, name, strlen(name)) == 0) {
        options->never = true;
    } else if (strchr(name, '=') == NULL && !is_among(harmless, sizeof harmless / sizeof *harmless, name, false)) {
        options->elsewhere = true;
        *has_value = is_among(with_value, sizeof with_value / sizeof *with_value, name, true);
    }
}

/* A word of single letters. `*has_value` if the next word is the last one's value. */
static void read_letters(const char *letters, struct sudo_options *options, bool *has_value) {
    static const char with_value[] = "aCcDghpRrTtUu";

    for (; *letters != '\0'; letters++) {
        options->elsewhere = options->elsewhere || *letters == 'S' || *letters == 'A';
        options->never = options->never || *letters == 'n';
        if (strchr(with_value, *letters) != NULL) {
            *has_value = letters[1] == '\0';
            break;
        }
    }
}

/* As sudo reads them: options and assignments, in any order, up to the command. */
static struct sudo_options read_options(const char *arguments, size_t count) {
    struct sudo_options options = {.elsewhere = count == 0 || arguments[count - 1] != '\0'};
    bool is_value = true; /* the program's name */

    if (options.elsewhere) {
        return options;
    }
    for (const char *word = arguments; word < arguments + count; word += strlen(word) + 1) {
        if (is_value) {
            is_value = false;
        } else if (strcmp(word, "--") == 0) {
            break;
        } else if (strncmp(word, "--", 2) == 0) {
            read_long_option(word + 2, &options, &is_value);
        } else if (word[0] == '-' && word[1] != '\0') {
            read_letters(word + 1, &options, &is_value);
        } else if (strchr(word, '=') == NULL) {
            break;
        }
    }
    return options;
}

bool sudo_reads_terminal(const char *arguments, size_t count) {
    struct sudo_options options = read_options(arguments, count);

    return !options.elsewhere && !options.never;
}

bool sudo_never_asks(const char *arguments, size_t count) {
    return read_options(arguments, count).never;
}

bool host_reads_terminal(const char *service) {
    char arguments[STATEFILE_MAXIMUM];
    size_t count = 0;

    return service_is_sudo(service) && statefile_read_bytes(ARGUMENTS_FILE, arguments, &count, false)
           && sudo_reads_terminal(arguments, count);
}

bool host_never_asks(const char *service) {
    char arguments[STATEFILE_MAXIMUM];
    size_t count = 0;

    return service_is_sudo(service) && statefile_read_bytes(ARGUMENTS_FILE, arguments, &count, false)
           && sudo_never_asks(arguments, count);
}
