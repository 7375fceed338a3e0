/*
 * The calls of a login.
 */
#ifndef SEMBLANCE_EXCHANGE_H
#define SEMBLANCE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "login.h"
#include "outcome.h"
#include "varlink.h"
#include "words.h"

/* What a verifier would have answered: any one of several challenges, about as many enrolments. */
struct challenge {
    struct varlink_reply reply;
    const char *text; /* in base64 */
    const char *alternatives[WORDS_MAXIMUM_ENROLMENTS - 1];
    size_t alternative_count;
    const char *modality; /* "face", "fingerprint", or NULL if the verifier does not say, or would have either */
    char presented[WORDS_TO_PRESENT];
};

/* It points into its connection's input: valid until the next call over it. */
enum outcome exchange_challenge(struct login *login, struct varlink *verifier, struct challenge *challenge);

/*
 * Whether the person may be asked at the terminal now: the prover remembers refusals, as this module cannot, and sees who is
 * here. It counts the question as refused until the proof is asked for, or one of the reports says what became of it: a no, or
 * a password.
 */
enum outcome exchange_may_ask(struct login *login, struct varlink *prover);
enum outcome exchange_declined(struct login *login, struct varlink *prover);
enum outcome exchange_answered(struct login *login, struct varlink *prover);

/* The user was let in by another module of the stack: with a password, by the prover's rule. */
enum outcome exchange_password_entered(struct login *login, struct varlink *prover);

/* The proof points into the prover's reply. Progress is told to the user. */
enum outcome exchange_proof(struct login *login, struct varlink *prover, const struct challenge *challenge,
    struct varlink_reply *reply, const char **proof);

enum outcome exchange_verdict(struct login *login, struct varlink *verifier, const char *proof);

#endif
