#include "outcome.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <security/pam_modules.h>

struct error_meaning {
    const char *error;
    enum outcome outcome;
};

int outcome_pam_code(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_ACCEPTED: return PAM_SUCCESS;
    case OUTCOME_NO_MATCH:
    case OUTCOME_PROOF_REFUSED:
    case OUTCOME_VERDICT_TOO_WEAK: return PAM_AUTH_ERR;
    case OUTCOME_TRIES_USED_UP:
    case OUTCOME_LOCKED_OUT:
    case OUTCOME_TOO_MANY_PROOFS: return PAM_MAXTRIES;
    case OUTCOME_REMOTE:
    case OUTCOME_UNATTENDED:
    case OUTCOME_NOT_PRESENT:
    case OUTCOME_PASSWORD_FIRST:
    case OUTCOME_NO_CONSENT:
    case OUTCOME_CONSENT_REFUSED:
    case OUTCOME_PASSWORD_INSTEAD:
    case OUTCOME_UNAVAILABLE:
    case OUTCOME_TIMED_OUT:
    case OUTCOME_CANCELLED:
    case OUTCOME_NOT_ENROLLED:
    case OUTCOME_NOT_AUTHORISED:
    case OUTCOME_CHALLENGE_REFUSED:
    case OUTCOME_CHALLENGE_MISMATCH:
    case OUTCOME_VERIFIER_KEY_CHANGED:
    case OUTCOME_NO_SENSOR:
    case OUTCOME_POOR_SAMPLE:
    case OUTCOME_BUSY:
    case OUTCOME_OVERLOADED: return PAM_AUTHINFO_UNAVAIL;
    case OUTCOME_BAD_USER_NAME: return PAM_USER_UNKNOWN;
    case OUTCOME_MISCONFIGURED:
    case OUTCOME_UNTRUSTED_SOCKET:
    case OUTCOME_BAD_SERVICE_NAME: return PAM_SERVICE_ERR;
    case OUTCOME_CONVERSATION_FAILED: return PAM_CONV_ERR;
    case OUTCOME_OUT_OF_MEMORY: return PAM_BUF_ERR;
    case OUTCOME_SYSTEM_FAILURE:
    case OUTCOME_PROTOCOL_VIOLATION: break;
    }
    return PAM_SYSTEM_ERR;
}

bool outcome_is_refusal(enum outcome outcome) {
    return outcome == OUTCOME_REMOTE || outcome == OUTCOME_UNATTENDED || outcome == OUTCOME_NOT_PRESENT
           || outcome == OUTCOME_PASSWORD_FIRST || outcome == OUTCOME_NO_CONSENT || outcome == OUTCOME_NOT_ENROLLED;
}

bool outcome_leaves_password(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_ACCEPTED:
    /* Not, or not surely, in front of this computer. */
    case OUTCOME_REMOTE:
    case OUTCOME_UNATTENDED:
    case OUTCOME_NOT_PRESENT:
    /* There is nobody whose rule it could be, or nothing to tell. */
    case OUTCOME_BAD_USER_NAME:
    case OUTCOME_BAD_SERVICE_NAME:
    case OUTCOME_NOT_ENROLLED:
    case OUTCOME_UNAVAILABLE:
    case OUTCOME_UNTRUSTED_SOCKET:
    case OUTCOME_MISCONFIGURED:
    case OUTCOME_OUT_OF_MEMORY: return false;
    default: return true;
    }
}

const char *outcome_description(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_ACCEPTED: return "proof accepted";
    case OUTCOME_NO_MATCH: return "the sample does not match";
    case OUTCOME_PROOF_REFUSED: return "the verifier refused the proof";
    case OUTCOME_VERDICT_TOO_WEAK: return "the verdict is possession, and a biometric one is required";
    case OUTCOME_TRIES_USED_UP: return "no sample matched, and the tries are used up";
    case OUTCOME_LOCKED_OUT: return "locked out after too many failures";
    case OUTCOME_REMOTE: return "not a login in front of this computer";
    case OUTCOME_UNATTENDED: return "nobody could be told what for";
    case OUTCOME_NOT_PRESENT: return "the prover sees nobody at this computer";
    case OUTCOME_PASSWORD_FIRST: return "the password comes first";
    case OUTCOME_NO_CONSENT: return "nothing was there to ask for consent";
    case OUTCOME_CONSENT_REFUSED: return "the user refused";
    case OUTCOME_PASSWORD_INSTEAD: return "the user typed a password instead";
    case OUTCOME_TOO_MANY_PROOFS: return "too many logins in a short time";
    case OUTCOME_UNAVAILABLE: return "a daemon is not available";
    case OUTCOME_TIMED_OUT: return "timed out";
    case OUTCOME_CANCELLED: return "cancelled";
    case OUTCOME_NOT_ENROLLED: return "the user is not enrolled";
    case OUTCOME_NOT_AUTHORISED: return "this program may not log this user in";
    case OUTCOME_CHALLENGE_REFUSED: return "the prover refused the challenge";
    case OUTCOME_CHALLENGE_MISMATCH: return "the verifier's challenge is about something else than this login";
    case OUTCOME_VERIFIER_KEY_CHANGED: return "the verifier's key is not the one that was pinned at enrolment";
    case OUTCOME_NO_SENSOR: return "no sensor is available";
    case OUTCOME_POOR_SAMPLE: return "no usable sample";
    case OUTCOME_BUSY: return "the sensor is busy with another login";
    case OUTCOME_OVERLOADED: return "a daemon has too much to do";
    case OUTCOME_BAD_USER_NAME: return "not a user name";
    case OUTCOME_BAD_SERVICE_NAME: return "not a service name";
    case OUTCOME_MISCONFIGURED: return "misconfigured";
    case OUTCOME_UNTRUSTED_SOCKET: return "a socket or its owner cannot be trusted";
    case OUTCOME_CONVERSATION_FAILED: return "the conversation with the user failed";
    case OUTCOME_OUT_OF_MEMORY: return "out of memory";
    case OUTCOME_PROTOCOL_VIOLATION: return "a daemon broke the protocol";
    case OUTCOME_SYSTEM_FAILURE: break;
    }
    return "system failure";
}

enum outcome outcome_of_error(enum varlink_service service, const char *error) {
    static const struct error_meaning of_verifier[] = {
        {"org.semblance.Verifier.NotAuthorized", OUTCOME_NOT_AUTHORISED},
        {"org.semblance.Verifier.NotEnrolled", OUTCOME_NOT_ENROLLED},
        {"org.semblance.Verifier.LockedOut", OUTCOME_LOCKED_OUT},
        {"org.semblance.Verifier.Refused", OUTCOME_PROOF_REFUSED},
        {"org.semblance.Verifier.Busy", OUTCOME_OVERLOADED},
        {"org.semblance.Verifier.StorageFailure", OUTCOME_SYSTEM_FAILURE},
        {"org.semblance.Verifier.BadRequest", OUTCOME_MISCONFIGURED},
        /* No call of ours can have these. */
        {"org.semblance.Verifier.AlreadyEnrolled", OUTCOME_PROTOCOL_VIOLATION},
        {"org.semblance.Verifier.NothingToUpgrade", OUTCOME_PROTOCOL_VIOLATION},
        {NULL, OUTCOME_PROTOCOL_VIOLATION},
    };
    static const struct error_meaning of_prover[] = {
        {"org.semblance.Prover.NotAuthorized", OUTCOME_NOT_AUTHORISED},
        {"org.semblance.Prover.NotEnrolled", OUTCOME_NOT_ENROLLED},
        {"org.semblance.Prover.ChallengeRefused", OUTCOME_CHALLENGE_REFUSED},
        {"org.semblance.Prover.ChallengeMismatch", OUTCOME_CHALLENGE_MISMATCH},
        {"org.semblance.Prover.VerifierKeyChanged", OUTCOME_VERIFIER_KEY_CHANGED},
        {"org.semblance.Prover.PresenceRequired", OUTCOME_NOT_PRESENT},
        {"org.semblance.Prover.PasswordRequired", OUTCOME_PASSWORD_FIRST},
        {"org.semblance.Prover.ConsentRequired", OUTCOME_NO_CONSENT},
        {"org.semblance.Prover.ConsentRefused", OUTCOME_CONSENT_REFUSED},
        {"org.semblance.Prover.TooManyProofs", OUTCOME_TOO_MANY_PROOFS},
        {"org.semblance.Prover.NoMatch", OUTCOME_NO_MATCH},
        {"org.semblance.Prover.LockedOut", OUTCOME_LOCKED_OUT},
        {"org.semblance.Prover.SensorUnavailable", OUTCOME_NO_SENSOR},
        {"org.semblance.Prover.PoorSample", OUTCOME_POOR_SAMPLE},
        {"org.semblance.Prover.Busy", OUTCOME_BUSY},
        {"org.semblance.Prover.StorageFailure", OUTCOME_SYSTEM_FAILURE},
        /* No call of ours can have this one. */
        {"org.semblance.Prover.AlreadyEnrolled", OUTCOME_PROTOCOL_VIOLATION},
        {NULL, OUTCOME_PROTOCOL_VIOLATION},
    };
    /* The errors of every Varlink service: what listens there is not the daemon it should be, or another version. */
    static const struct error_meaning of_varlink[] = {
        {"org.varlink.service.InterfaceNotFound", OUTCOME_MISCONFIGURED},
        {"org.varlink.service.MethodNotFound", OUTCOME_MISCONFIGURED},
        {"org.varlink.service.MethodNotImplemented", OUTCOME_MISCONFIGURED},
        {"org.varlink.service.InvalidParameter", OUTCOME_MISCONFIGURED},
        {"org.varlink.service.ExpectedMore", OUTCOME_MISCONFIGURED},
        {"org.varlink.service.PermissionDenied", OUTCOME_NOT_AUTHORISED},
        {NULL, OUTCOME_PROTOCOL_VIOLATION},
    };
    const struct error_meaning *meaning;

    for (meaning = of_varlink; meaning->error != NULL; meaning++) {
        if (strcmp(meaning->error, error) == 0) {
            return meaning->outcome;
        }
    }
    meaning = service == SERVICE_VERIFIER ? of_verifier : of_prover;
    while (meaning->error != NULL && strcmp(meaning->error, error) != 0) {
        meaning++;
    }
    return meaning->outcome;
}

enum outcome outcome_of_errno(int number) {
    switch (number) {
    case ENOMEM:
    case ENOBUFS: return OUTCOME_OUT_OF_MEMORY;
    case ENOENT:
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case EPIPE: return OUTCOME_UNAVAILABLE;
    case ELOOP:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EPROTOTYPE: return OUTCOME_UNTRUSTED_SOCKET;
    default: return OUTCOME_SYSTEM_FAILURE;
    }
}
