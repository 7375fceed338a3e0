#include "state.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned count_entries(const char *path) {
    DIR *directory = opendir(path);
    unsigned count = 0;

    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

void state_read(struct state *state) {
    siginfo_t child;

    memset(state, 0, sizeof *state);
    for (int i = 0; i < STATE_DESCRIPTORS; i++) {
        char path[64];

        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", i);
        if (readlink(path, state->descriptors[i], sizeof state->descriptors[i] - 1) < 0) {
            state->descriptors[i][0] = '\0';
        }
    }
    state->threads = count_entries("/proc/self/task");
    state->children = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
    for (int i = 1; i < 65; i++) {
        (void)sigaction(i, NULL, &state->dispositions[i]);
    }
    (void)sigprocmask(SIG_BLOCK, NULL, &state->mask);
    (void)snprintf(state->locale, sizeof state->locale, "%s", setlocale(LC_ALL, NULL));
    if (getcwd(state->directory, sizeof state->directory) == NULL) {
        state->directory[0] = '\0';
    }
    state->umask = umask(077);
    (void)umask(state->umask);
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        for (const char *byte = *variable; *byte != '\0'; byte++) {
            state->environment = state->environment * 31 + (unsigned char)*byte;
        }
    }
}

const char *state_difference(const struct state *before, const struct state *after) {
    if (memcmp(before->descriptors, after->descriptors, sizeof before->descriptors) != 0) {
        return "descriptors";
    }
    if (before->threads != after->threads) {
        return "threads";
    }
    if (before->children != after->children) {
        return "children";
    }
    for (int i = 1; i < 65; i++) {
        if (before->dispositions[i].sa_handler != after->dispositions[i].sa_handler
            || before->dispositions[i].sa_flags != after->dispositions[i].sa_flags) {
            return "signal dispositions";
        }
        if (sigismember(&before->mask, i) != sigismember(&after->mask, i)) {
            return "signal mask";
        }
    }
    if (strcmp(before->locale, after->locale) != 0) {
        return "locale";
    }
    if (strcmp(before->directory, after->directory) != 0) {
        return "working directory";
    }
    if (before->umask != after->umask) {
        return "umask";
    }
    return before->environment == after->environment ? NULL : "environment";
}
