/*
 * How a login attempt ended, and what PAM, the log and the user are told about it.
 */
#ifndef SEMBLANCE_OUTCOME_H
#define SEMBLANCE_OUTCOME_H

#include <stdbool.h>

/* Zero is a failure, so that nothing that is merely initialised can read as a success. */
enum outcome {
    OUTCOME_SYSTEM_FAILURE = 0, /* descriptors exhausted, a daemon's storage failed */
    OUTCOME_PROTOCOL_VIOLATION, /* a peer did not speak the protocol */
    OUTCOME_OUT_OF_MEMORY,
    OUTCOME_MISCONFIGURED,       /* bad argument, or a daemon that does not know our requests */
    OUTCOME_UNTRUSTED_SOCKET,    /* socket path or peer is not one to be believed */
    OUTCOME_CONVERSATION_FAILED, /* the user could not be told or asked */
    OUTCOME_BAD_USER_NAME,
    OUTCOME_BAD_SERVICE_NAME,
    OUTCOME_REMOTE,
    OUTCOME_UNATTENDED,       /* nobody can be told or asked what the sensor is for */
    OUTCOME_NOT_PRESENT,      /* the prover sees nobody at this computer */
    OUTCOME_PASSWORD_FIRST,   /* the administrator's rule wants a password before face or finger count */
    OUTCOME_NO_CONSENT,       /* nothing was there by which the prover could have asked */
    OUTCOME_CONSENT_REFUSED,  /* the user said no */
    OUTCOME_PASSWORD_INSTEAD, /* the user typed a password */
    OUTCOME_UNAVAILABLE,      /* a daemon is down, or went away */
    OUTCOME_TIMED_OUT,
    OUTCOME_CANCELLED,
    OUTCOME_NOT_ENROLLED,
    OUTCOME_NOT_AUTHORISED,
    OUTCOME_CHALLENGE_REFUSED,
    OUTCOME_CHALLENGE_MISMATCH,   /* it is about something else than this login */
    OUTCOME_VERIFIER_KEY_CHANGED, /* it is signed by another key than the one pinned at enrolment */
    OUTCOME_NO_SENSOR,
    OUTCOME_POOR_SAMPLE,
    OUTCOME_BUSY,       /* the sensor serves another login */
    OUTCOME_OVERLOADED, /* a daemon has too much to do */
    OUTCOME_NO_MATCH,
    OUTCOME_TRIES_USED_UP,
    OUTCOME_LOCKED_OUT,
    OUTCOME_TOO_MANY_PROOFS, /* successes are limited as well */
    OUTCOME_PROOF_REFUSED,
    OUTCOME_VERDICT_TOO_WEAK, /* possession, where a biometric verdict is required */
    OUTCOME_ACCEPTED,
};

enum varlink_service { SERVICE_VERIFIER, SERVICE_PROVER };

/* The PAM return code; PAM_SUCCESS for OUTCOME_ACCEPTED alone, and never PAM_IGNORE. */
int outcome_pam_code(enum outcome outcome);

/* Whether it ended before anything was captured because the circumstances or the daemons did not allow it. */
bool outcome_is_refusal(enum outcome outcome);

/* Whether the password that the stack goes on to ask for is one of an enrolled person in front of this computer. */
bool outcome_leaves_password(enum outcome outcome);

/* A few words for the log. */
const char *outcome_description(enum outcome outcome);

/* What an error reply of `service` means; an error that the service does not have is a protocol violation. */
enum outcome outcome_of_error(enum varlink_service service, const char *error);

/* What a failed system call means, by its errno. */
enum outcome outcome_of_errno(int number);

#endif
