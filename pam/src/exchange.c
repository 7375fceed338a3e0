#include "exchange.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "host.h"
#include "text.h"
#include "wait.h"

/* The longest challenge, in base64; a proof is bounded by the message that carries it. */
#define MAXIMUM_CHALLENGE ((size_t)16 * 1024)
#define MAXIMUM_PROGRESS_REPLIES 1024
/* The prover gives its agent a minute. */
#define QUESTION_MILLISECONDS (INT64_C(65) * 1000)
#define MAXIMUM_PROGRESS_MESSAGES 32

/* Receives the next reply; one that is an error is told to the user and translated. */
static enum outcome receive(struct login *login, struct varlink *connection, struct varlink_reply *reply, bool more) {
    enum outcome outcome = varlink_receive(connection, reply, more, login->deadline);
    char text[WORDS_MAXIMUM];

    if (outcome != OUTCOME_ACCEPTED || reply->error == NULL) {
        return outcome;
    }
    outcome = outcome_of_error(connection->service, reply->error);
    if (login->options->debug) {
        text_for_display(text, sizeof text, reply->error);
        pam_syslog(login->pamh, LOG_DEBUG, "error reply %s", text);
    }
    words_for_log(login->reason, outcome, reply);
    if (words_of_failure(text, outcome, reply)) {
        if (login->screen == NULL) {
            text_for_display(login->reason, sizeof login->reason, text);
        } else {
            /* Whether it can be said changes nothing. */
            (void)screen_tell(login->screen, PAM_ERROR_MSG, text);
        }
    }
    return outcome;
}

/* A member of an object that must be base64 of at most `maximum` characters; NULL if it is not. */
static const char *base64_member(
    const struct varlink_reply *reply, const struct json_value *object, const char *name, size_t maximum) {
    const struct json_value *value;

    if (!varlink_string_of(reply, object, name, &value) || value == NULL || value->length > maximum
        || !text_is_base64(value->text, value->length)) {
        return NULL;
    }
    return value->text;
}

/* What a challenge of the reply is about; false if it does not say it in strings. */
static bool read_enrolment(
    const struct varlink_reply *reply, const struct json_value *object, struct words_enrolment *enrolment) {
    const struct json_value *modality = NULL;
    const struct json_value *label = NULL;

    if (!varlink_string_of(reply, object, "modality", &modality)
        || !varlink_string_of(reply, object, "label", &label)) {
        return false;
    }
    enrolment->modality = modality == NULL ? NULL : modality->text;
    enrolment->label = label == NULL ? NULL : label->text;
    return true;
}

/* The other challenges, of which any may be answered as well, and what they are about, behind the first's. */
static bool read_alternatives(struct challenge *challenge, struct words_enrolment *enrolments) {
    const struct varlink_reply *reply = &challenge->reply;
    const struct json_value *array = json_member(&reply->document, reply->parameters, "alternatives");
    const struct json_value *element;
    size_t count = 0;

    if (array != NULL && array->type != JSON_ARRAY) {
        return false;
    }
    while ((element = json_element(&reply->document, array, count)) != NULL) {
        if (count == sizeof challenge->alternatives / sizeof *challenge->alternatives) {
            return false;
        }
        challenge->alternatives[count] = base64_member(reply, element, "challenge", MAXIMUM_CHALLENGE);
        if (challenge->alternatives[count] == NULL || !read_enrolment(reply, element, &enrolments[1 + count])) {
            return false;
        }
        count++;
    }
    challenge->alternative_count = count;
    return true;
}

/* The modality of all enrolments, or NULL if they differ or it is not known. */
static const char *common_modality(const struct words_enrolment *enrolments, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (enrolments[i].modality == NULL || strcmp(enrolments[i].modality, enrolments[0].modality) != 0) {
            return NULL;
        }
    }
    return enrolments[0].modality;
}

/* Takes a challenge apart; false if it is none. What it is about may be left out, as earlier verifiers do. */
static bool read_challenge(const struct login *login, struct challenge *challenge) {
    const struct varlink_reply *reply = &challenge->reply;
    struct words_enrolment enrolments[WORDS_MAXIMUM_ENROLMENTS] = {{NULL, NULL}};

    challenge->text = base64_member(reply, reply->parameters, "challenge", MAXIMUM_CHALLENGE);
    if (challenge->text == NULL || !read_enrolment(reply, reply->parameters, &enrolments[0])
        || !read_alternatives(challenge, enrolments)) {
        return false;
    }
    if (enrolments[0].modality == NULL) {
        enrolments[0].modality = login->options->modality;
    }
    if (enrolments[0].label == NULL) {
        enrolments[0].label = login->options->label;
    }
    challenge->modality = common_modality(enrolments, 1 + challenge->alternative_count);
    words_to_present(challenge->presented, enrolments, 1 + challenge->alternative_count);
    return true;
}

enum outcome exchange_challenge(struct login *login, struct varlink *verifier, struct challenge *challenge) {
    struct varlink_request request;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Verifier.Challenge");
    varlink_request_add(&request, "subject", login->user);
    varlink_request_add(&request, "purpose", login->service);
    varlink_request_add(&request, "modality", login->options->modality);
    varlink_request_add(&request, "label", login->options->label);
    outcome = varlink_call(verifier, &request, false, login->deadline);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = receive(login, verifier, &challenge->reply, false);
    }
    if (outcome == OUTCOME_ACCEPTED && !read_challenge(login, challenge)) {
        outcome = OUTCOME_PROTOCOL_VIOLATION;
    }
    return outcome;
}

/* Whose program asks: for the prover's question to say, and to tell its refusals from other users'. */
static void add_asker(struct varlink_request *request, const struct login *login) {
    uid_t asker;

    if (host_asker(login->service, &asker)) {
        varlink_request_add_integer(request, "asker", (int64_t)asker);
    }
}

/* A call about the question that the module asks by itself; it has no results. */
static enum outcome call_about_question(struct login *login, struct varlink *prover, const char *method) {
    struct varlink_request request;
    struct varlink_reply reply;
    enum outcome outcome;

    varlink_request_begin(&request, method);
    varlink_request_add(&request, "subject", login->user);
    varlink_request_add(&request, "purpose", login->service);
    add_asker(&request, login);
    outcome = varlink_call(prover, &request, false, login->deadline);
    return outcome == OUTCOME_ACCEPTED ? receive(login, prover, &reply, false) : outcome;
}

enum outcome exchange_may_ask(struct login *login, struct varlink *prover) {
    return call_about_question(login, prover, "org.semblance.Prover.MayAsk");
}

enum outcome exchange_declined(struct login *login, struct varlink *prover) {
    return call_about_question(login, prover, "org.semblance.Prover.Declined");
}

enum outcome exchange_answered(struct login *login, struct varlink *prover) {
    return call_about_question(login, prover, "org.semblance.Prover.Answered");
}

enum outcome exchange_password_entered(struct login *login, struct varlink *prover) {
    struct varlink_request request;
    struct varlink_reply reply;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Prover.PasswordEntered");
    varlink_request_add(&request, "subject", login->user);
    varlink_request_add(&request, "purpose", login->service);
    outcome = varlink_call(prover, &request, false, login->deadline);
    return outcome == OUTCOME_ACCEPTED ? receive(login, prover, &reply, false) : outcome;
}

/* The challenge is a verifier's to choose. This says what was asked, so that the prover answers nothing else. */
static void add_expectation(struct varlink_request *request, const struct login *login) {
    char origin[sizeof "unix:" + sizeof((struct sockaddr_un *)NULL)->sun_path];

    (void)snprintf(origin, sizeof origin, "unix:%s", login->options->verifier);
    varlink_request_begin_object(request, "expected");
    varlink_request_add(request, "origin", origin);
    varlink_request_add(request, "role", "authenticate");
    varlink_request_add(request, "subject", login->user);
    varlink_request_add(request, "purpose", login->service);
    varlink_request_add(request, "modality", login->options->modality);
    varlink_request_add(request, "label", login->options->label);
    varlink_request_add_integer(request, "samples", 1);
    varlink_request_end_object(request);
}

/*
 * The time that the person takes to answer the prover's agent is not the daemons', as it is not where the module asks by
 * itself: the login's time starts again behind it. Once, whatever the prover says, so that the login ends.
 */
static enum outcome mind_question(struct login *login, const struct varlink_reply *reply) {
    const struct json_value *stage;
    int64_t until = deadline_after(QUESTION_MILLISECONDS);
    bool asking;

    if (!varlink_string(reply, "stage", &stage)) {
        return OUTCOME_PROTOCOL_VIOLATION;
    }
    asking = stage != NULL && strcmp(stage->text, "consent") == 0;
    if (asking && login->question == QUESTION_NONE && login->screen->kind == SCREEN_AGENT) {
        login->question = QUESTION_OPEN;
        login->deadline = login->deadline > until ? login->deadline : until;
    } else if (!asking && login->question == QUESTION_OPEN) {
        login->question = QUESTION_ANSWERED;
        login->deadline = deadline_after(login->options->timeout * 1000);
    }
    return OUTCOME_ACCEPTED;
}

/* Relays the prover's progress, each message once, until the proof comes. */
static enum outcome receive_proof(
    struct login *login, struct varlink *prover, struct varlink_reply *reply, const char **proof) {
    char previous[WORDS_MAXIMUM] = "";
    size_t shown = 0;

    for (size_t replies = 0;; replies++) {
        const struct json_value *message;
        char text[WORDS_MAXIMUM];
        enum outcome outcome;

        if (deadline_has_passed(login->deadline)) {
            return OUTCOME_TIMED_OUT;
        }
        outcome = receive(login, prover, reply, true);
        if (outcome != OUTCOME_ACCEPTED) {
            return outcome;
        }
        if (!reply->continues) {
            *proof = base64_member(reply, reply->parameters, "proof", VARLINK_MAXIMUM_MESSAGE);
            return *proof == NULL ? OUTCOME_PROTOCOL_VIOLATION : OUTCOME_ACCEPTED;
        }
        if (replies == MAXIMUM_PROGRESS_REPLIES || json_member(&reply->document, reply->parameters, "proof") != NULL
            || !varlink_string(reply, "message", &message)) {
            return OUTCOME_PROTOCOL_VIOLATION;
        }
        outcome = mind_question(login, reply);
        if (outcome != OUTCOME_ACCEPTED) {
            return outcome;
        }
        if (message == NULL || message->length == 0 || login->silent) {
            continue;
        }
        text_for_display(text, sizeof text, message->text);
        if (shown < MAXIMUM_PROGRESS_MESSAGES && strcmp(text, previous) != 0) {
            memcpy(previous, text, sizeof previous);
            shown++;
            outcome = screen_tell(login->screen, PAM_TEXT_INFO, text);
            if (outcome != OUTCOME_ACCEPTED) {
                return outcome;
            }
        }
    }
}

enum outcome exchange_proof(struct login *login, struct varlink *prover, const struct challenge *challenge,
    struct varlink_reply *reply, const char **proof) {
    struct varlink_request request;
    enum outcome outcome;

    varlink_request_begin(&request, "org.semblance.Prover.Prove");
    varlink_request_add(&request, "challenge", challenge->text);
    varlink_request_add_strings(&request, "alternatives", challenge->alternatives, challenge->alternative_count);
    add_expectation(&request, login);
    if (login->screen->kind == SCREEN_AGENT) {
        varlink_request_add_true(&request, "confirm");
    }
    add_asker(&request, login);
    outcome = varlink_call(prover, &request, true, login->deadline);
    return outcome == OUTCOME_ACCEPTED ? receive_proof(login, prover, reply, proof) : outcome;
}

enum outcome exchange_verdict(struct login *login, struct varlink *verifier, const char *proof) {
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
