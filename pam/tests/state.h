/*
 * What a PAM module must leave as it found it.
 */
#ifndef SEMBLANCE_TESTS_STATE_H
#define SEMBLANCE_TESTS_STATE_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#define STATE_DESCRIPTORS 256

struct state {
    char descriptors[STATE_DESCRIPTORS][96]; /* what each descriptor refers to, "" if it is closed */
    unsigned threads;
    unsigned children;
    struct sigaction dispositions[65];
    sigset_t mask;
    char locale[256];
    char directory[256];
    mode_t umask;
    uint64_t environment;
};

void state_read(struct state *state);

/* NULL if nothing has changed, else the name of what has. */
const char *state_difference(const struct state *before, const struct state *after);

#endif
