#include "login.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "converse.h"
#include "text.h"
#include "varlink.h"
#include "wait.h"

/* The longest challenge, in base64; a proof is bounded by the message that carries it. */
#define MAXIMUM_CHALLENGE ((size_t)16 * 1024)
#define MAXIMUM_PROGRESS_REPLIES 1024
#define MAXIMUM_PROGRESS_MESSAGES 32
#define MAXIMUM_TEXT 256
#define MAXIMUM_RETRY_AFTER (INT64_C(366) * 24 * 3600)

/* Shows a line to the user, unless the application wants silence. */
static enum outcome tell(const struct login *login, int style, const char *text) {
    char line[MAXIMUM_TEXT + sizeof "Semblance: "];
    char shown[MAXIMUM_TEXT];

    if (login->silent) {
        return OUTCOME_ACCEPTED;
    }
    text_for_display(shown, sizeof shown, text);
    (void)snprintf(line, sizeof line, "Semblance: %s", shown);
    return converse_tell(login->pamh, style, line);
}

static const char *what_to_present(const struct options *options) {
    if (options->modality == NULL) {
        return "your face or finger";
    }
    return strcmp(options->modality, "face") == 0 ? "your face" : "your finger";
}

/* Says what a failure means where the user can do something about it. Whether it can be said changes nothing. */
static void tell_failure(const struct login *login, enum outcome outcome, const struct varlink_reply *reply) {
    const struct json_value *hint = NULL;
    const char *meaning = NULL;
    char text[MAXIMUM_TEXT];
    int64_t seconds = 0;

    switch (outcome) {
    case OUTCOME_NO_SENSOR: meaning = "no sensor is available"; break;
    case OUTCOME_POOR_SAMPLE: meaning = "no usable sample"; break;
    case OUTCOME_BUSY: meaning = "the sensor is busy"; break;
    case OUTCOME_LOCKED_OUT: meaning = "too many failed tries"; break;
    default: return;
    }
    if (outcome == OUTCOME_LOCKED_OUT
        && json_integer(
            json_member(&reply->document, reply->parameters, "retryAfterSeconds"), 1, MAXIMUM_RETRY_AFTER, &seconds)) {
        (void)snprintf(text, sizeof text, "%s, wait %lld s", meaning, (long long)seconds);
    } else if (varlink_string(reply, "hint", &hint) && hint != NULL && hint->length > 0) {
        (void)snprintf(text, sizeof text, "%s: %s", meaning, hint->text);
    } else {
        (void)snprintf(text, sizeof text, "%s", meaning);
    }
    (void)tell(login, PAM_ERROR_MSG, text);
}

/* Receives the next reply; one that is an error is told to the user and translated. */
static enum outcome receive(
    const struct login *login, struct varlink *connection, struct varlink_reply *reply, bool more) {
    enum outcome outcome = varlink_receive(connection, reply, more, login->deadline);

    if (outcome != OUTCOME_ACCEPTED || reply->error == NULL) {
        return outcome;
    }
    outcome = outcome_of_error(connection->service, reply->error);
    if (login->options->debug) {
        char name[MAXIMUM_TEXT];

        text_for_display(name, sizeof name, reply->error);
        pam_syslog(login->pamh, LOG_DEBUG, "error reply %s", name);
    }
    tell_failure(login, outcome, reply);
    return outcome;
}

/* A parameter that must be base64 of at most `maximum` characters; NULL if it is not. */
static const char *base64_parameter(const struct varlink_reply *reply, const char *name, size_t maximum) {
    const struct json_value *value;

    if (!varlink_string(reply, name, &value) || value == NULL || value->length > maximum
        || !text_is_base64(value->text, value->length)) {
        return NULL;
    }
    return value->text;
}

static enum outcome get_challenge(
    const struct login *login, struct varlink *verifier, struct varlink_reply *reply, const char **challenge) {
    struct varlink_request request;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Verifier.Challenge");
    varlink_request_add(&request, "subject", login->user);
    varlink_request_add(&request, "purpose", login->service);
    varlink_request_add(&request, "modality", login->options->modality);
    varlink_request_add(&request, "label", login->options->label);
    outcome = varlink_call(verifier, &request, false, login->deadline);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = receive(login, verifier, reply, false);
    }
    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    *challenge = base64_parameter(reply, "challenge", MAXIMUM_CHALLENGE);
    return *challenge == NULL ? OUTCOME_PROTOCOL_VIOLATION : OUTCOME_ACCEPTED;
}

/* Relays the prover's progress, each message once, until the proof comes. */
static enum outcome get_proof(const struct login *login, struct varlink *prover, const char *challenge,
    struct varlink_reply *reply, const char **proof) {
    char previous[MAXIMUM_TEXT] = "";
    struct varlink_request request;
    size_t shown = 0;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Prover.Prove");
    varlink_request_add(&request, "challenge", challenge);
    outcome = varlink_call(prover, &request, true, login->deadline);
    for (size_t replies = 0; outcome == OUTCOME_ACCEPTED; replies++) {
        const struct json_value *message;
        char text[MAXIMUM_TEXT];

        if (deadline_has_passed(login->deadline)) {
            return OUTCOME_TIMED_OUT;
        }
        outcome = receive(login, prover, reply, true);
        if (outcome != OUTCOME_ACCEPTED) {
            return outcome;
        }
        if (!reply->continues) {
            *proof = base64_parameter(reply, "proof", VARLINK_MAXIMUM_MESSAGE);
            return *proof == NULL ? OUTCOME_PROTOCOL_VIOLATION : OUTCOME_ACCEPTED;
        }
        if (replies == MAXIMUM_PROGRESS_REPLIES || json_member(&reply->document, reply->parameters, "proof") != NULL
            || !varlink_string(reply, "message", &message)) {
            return OUTCOME_PROTOCOL_VIOLATION;
        }
        if (message == NULL || message->length == 0) {
            continue;
        }
        text_for_display(text, sizeof text, message->text);
        if (shown < MAXIMUM_PROGRESS_MESSAGES && strcmp(text, previous) != 0) {
            memcpy(previous, text, sizeof previous);
            shown++;
            outcome = tell(login, PAM_TEXT_INFO, text);
        }
    }
    return outcome;
}

static enum outcome get_verdict(const struct login *login, struct varlink *verifier, const char *proof) {
    struct varlink_reply reply;
    struct varlink_request request;
    const struct json_value *verdict;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Verifier.Verify");
    varlink_request_add(&request, "proof", proof);
    outcome = varlink_call(verifier, &request, false, login->deadline);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = receive(login, verifier, &reply, false);
    }
    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    if (!varlink_string(&reply, "verdict", &verdict) || verdict == NULL) {
        return OUTCOME_PROTOCOL_VIOLATION;
    }
    if (strcmp(verdict->text, "biometric") == 0) {
        return OUTCOME_ACCEPTED;
    }
    if (strcmp(verdict->text, "possession") == 0) {
        return login->options->possession_suffices ? OUTCOME_ACCEPTED : OUTCOME_VERDICT_TOO_WEAK;
    }
    return OUTCOME_PROTOCOL_VIOLATION;
}

/*
 * With `confirm`: nothing is captured before the user has pressed Enter. Anything else that is typed is kept as the
 * password for the modules that follow, unless there is one already.
 */
static enum outcome confirm(struct login *login) {
    char text[2 * MAXIMUM_TEXT];
    char prompt[2 * MAXIMUM_TEXT];
    const void *password = NULL;
    char *answer = NULL;
    enum outcome outcome;

    (void)snprintf(text, sizeof text,
        "Password (or press Enter to present %s for %.100s as %.255s): ", what_to_present(login->options),
        login->service, login->user);
    text_for_display(prompt, sizeof prompt, text);
    outcome = converse_ask(login->pamh, prompt, &answer);
    if (outcome == OUTCOME_ACCEPTED && *answer != '\0') {
        outcome = OUTCOME_CANCELLED;
        if (pam_get_item(login->pamh, PAM_AUTHTOK, &password) != PAM_SUCCESS
            || (password == NULL && pam_set_item(login->pamh, PAM_AUTHTOK, answer) != PAM_SUCCESS)) {
            outcome = OUTCOME_SYSTEM_FAILURE;
        }
    }
    converse_forget(answer);
    /* The time that the user took to answer is not the daemons'. */
    login->deadline = deadline_after(login->options->timeout * 1000);
    return outcome;
}

static enum outcome introduce(const struct login *login) {
    char text[2 * MAXIMUM_TEXT];

    (void)snprintf(text, sizeof text, "present %s to log in to %.100s as %.255s", what_to_present(login->options),
        login->service, login->user);
    return tell(login, PAM_TEXT_INFO, text);
}

/* One capture: a fresh challenge, a proof, and the verdict, over the connection that the challenge came from. */
static enum outcome try_once(const struct login *login, struct varlink *verifier, struct varlink *prover, bool first) {
    struct varlink_reply challenge_reply;
    struct varlink_reply proof_reply;
    const char *challenge = NULL;
    const char *proof = NULL;
    enum outcome outcome;

    outcome = get_challenge(login, verifier, &challenge_reply, &challenge);
    if (outcome == OUTCOME_ACCEPTED && first) {
        outcome = introduce(login);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = get_proof(login, prover, challenge, &proof_reply, &proof);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = get_verdict(login, verifier, proof);
    }
    return outcome;
}

static enum outcome try_repeatedly(struct login *login, struct varlink *verifier, struct varlink *prover) {
    int64_t maximum = login->options->maximum_tries;
    enum outcome outcome = OUTCOME_NO_MATCH;

    for (int64_t tries = 1; tries <= maximum; tries++) {
        outcome = try_once(login, verifier, prover, tries == 1);
        if (outcome != OUTCOME_NO_MATCH) {
            /* Samples were seen and did not match, which says more than that no further one came in time. */
            return outcome == OUTCOME_TIMED_OUT && tries > 1 ? OUTCOME_NO_MATCH : outcome;
        }
        (void)tell(login, PAM_ERROR_MSG, tries < maximum ? "no match, please try again" : "no match");
    }
    return maximum > 1 ? OUTCOME_TRIES_USED_UP : OUTCOME_NO_MATCH;
}

enum outcome login_run(struct login *login) {
    struct varlink verifier = {.descriptor = -1};
    struct varlink prover = {.descriptor = -1};
    enum outcome outcome;

    outcome = varlink_open(&verifier, SERVICE_VERIFIER, login->options->verifier, login->deadline);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = varlink_open(&prover, SERVICE_PROVER, login->options->prover, login->deadline);
    }
    if (outcome == OUTCOME_ACCEPTED && login->options->confirm) {
        outcome = confirm(login);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = try_repeatedly(login, &verifier, &prover);
    }
    varlink_close(&prover);
    varlink_close(&verifier);
    return outcome;
}
