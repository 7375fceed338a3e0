/*
 * The login itself: challenge from the verifier, consent of the person, proof from the prover, verdict from the
 * verifier; and the checks before it, which pam-semblance-check makes as well.
 */
#ifndef SEMBLANCE_LOGIN_H
#define SEMBLANCE_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_modules.h>

#include "args.h"
#include "outcome.h"
#include "screen.h"
#include "words.h"

/* Whether the prover has had the person asked, by its agent. */
enum question { QUESTION_NONE, QUESTION_OPEN, QUESTION_ANSWERED };

struct login {
    pam_handle_t *pamh;
    const struct options *options;
    const char *user;
    const char *service;
    const struct screen *screen; /* NULL in a rehearsal: what would be told there is the reason */
    bool silent; /* PAM_SILENT: no advice while a sample is taken (what it is for, and its failure, is told always) */
    int64_t deadline;
    enum question question;     /* the first one of the login */
    char reason[WORDS_MAXIMUM]; /* for the log: what there is to add to the outcome */
};

/*
 * Before anything is asked, in this order. Who may be logged in by whom is the daemons' decision; these keep away what
 * nobody can mean or see.
 */
enum outcome login_check_names(const struct login *login);
enum outcome login_check_place(struct login *login);
enum outcome login_check_screen(struct login *login);

/* Goes as far as the question, and gives what it would name. Tells and captures nothing. */
enum outcome login_rehearse(struct login *login, char presented[WORDS_TO_PRESENT]);

/* OUTCOME_ACCEPTED if, and only if, the verifier has given the verdict that the options require. */
enum outcome login_run(struct login *login);

/* Tells the prover that the user was let in by another module of the stack. Only root's word counts there. */
enum outcome login_note_password(struct login *login);

#endif
