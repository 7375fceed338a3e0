/*
 * The module's arguments. Every one is checked strictly: a typing error must not weaken a policy unnoticed.
 */
#ifndef SEMBLANCE_ARGS_H
#define SEMBLANCE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    int64_t timeout;       /* seconds, 1 to 300 */
    int64_t maximum_tries; /* 1 to 10 */
    const char *verifier;  /* absolute socket paths that fit a sockaddr_un */
    const char *prover;
    const char *modality; /* NULL, "face" or "fingerprint" */
    const char *label;    /* NULL or a name of at most 64 bytes */
    bool possession_suffices;
    bool confirm;
    bool debug;
};

/* Fills `options` (it points into `argv`). Returns NULL, or the first argument that is unknown, malformed or repeated.
 */
const char *options_parse(struct options *options, int argc, const char **argv);

#endif
