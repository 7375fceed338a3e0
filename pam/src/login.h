/*
 * The login itself: challenge from the verifier, proof from the prover, verdict from the verifier.
 */
#ifndef SEMBLANCE_LOGIN_H
#define SEMBLANCE_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_modules.h>

#include "args.h"
#include "outcome.h"

struct login {
    pam_handle_t *pamh;
    const struct options *options;
    const char *user;
    const char *service;
    bool silent; /* PAM_SILENT: tell nothing (but ask, where `confirm` says so) */
    int64_t deadline;
};

/* OUTCOME_ACCEPTED if, and only if, the verifier has given the verdict that the options require. */
enum outcome login_run(struct login *login);

#endif
