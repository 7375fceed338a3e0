#include "login.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "exchange.h"
#include "remote.h"
#include "text.h"
#include "varlink.h"
#include "wait.h"

#define MAXIMUM_TEXT 512
#define MAXIMUM_NAME 255
/* What is between two tries at least: time to lift the finger, or for the camera to see something else. */
#define RETRY_MILLISECONDS 700
/*
 * A challenge lives for a minute. One that is older than this when the person has answered is replaced, so that the
 * capture has the other half.
 */
#define FRESH_MILLISECONDS (INT64_C(30) * 1000)

struct connections {
    struct varlink verifier;
    struct varlink prover;
};

enum outcome login_check_names(const struct login *login) {
    if (!text_is_name(login->user, MAXIMUM_NAME)) {
        return OUTCOME_BAD_USER_NAME;
    }
    return login->service != NULL && text_is_name(login->service, MAXIMUM_NAME) ? OUTCOME_ACCEPTED
                                                                                : OUTCOME_BAD_SERVICE_NAME;
}

/* OUTCOME_ACCEPTED if there is no reason against it. */
static enum outcome refuse_for(struct login *login, enum outcome outcome, const char *reason) {
    (void)snprintf(login->reason, sizeof login->reason, "%s", reason == NULL ? "" : reason);
    return reason == NULL ? OUTCOME_ACCEPTED : outcome;
}

enum outcome login_check_place(struct login *login) {
    return refuse_for(login, OUTCOME_REMOTE, remote_reason(login->pamh, login->user, login->service));
}

enum outcome login_check_screen(struct login *login) {
    return refuse_for(login, OUTCOME_UNATTENDED, screen_obstacle(login->screen, login->options->confirm));
}

static enum outcome connect_to(
    struct login *login, struct varlink *connection, enum varlink_service service, const char *path) {
    enum outcome outcome = varlink_open(connection, service, path, login->deadline);

    if (outcome != OUTCOME_ACCEPTED) {
        (void)snprintf(login->reason, sizeof login->reason, "%s", path);
    }
    return outcome;
}

static enum outcome connect_to_both(struct login *login, struct connections *connections) {
    enum outcome outcome = connect_to(login, &connections->verifier, SERVICE_VERIFIER, login->options->verifier);

    return outcome == OUTCOME_ACCEPTED ? connect_to(login, &connections->prover, SERVICE_PROVER, login->options->prover)
                                       : outcome;
}

static void disconnect(struct connections *connections) {
    varlink_close(&connections->prover);
    varlink_close(&connections->verifier);
}

/* The daemons close connections that were silent for some time. */
static enum outcome reconnect(struct login *login, struct connections *connections) {
    disconnect(connections);
    return connect_to_both(login, connections);
}

/*
 * Tells the prover of a no, for the next question to wait, or that a password typed instead was none. A yes shows itself by
 * the proof that it leads to. Only of questions at the terminal: programs whose conversation is believed give nobody but the
 * person what he refuses. That the report fails changes nothing here.
 */
static void report_answer(struct login *login, struct connections *connections, enum outcome answer, bool is_fresh) {
    bool is_refusal = answer == OUTCOME_CANCELLED || answer == OUTCOME_TIMED_OUT;

    if (!is_refusal && answer != OUTCOME_PASSWORD_INSTEAD) {
        return;
    }
    if (is_fresh || reconnect(login, connections) == OUTCOME_ACCEPTED) {
        char reason[sizeof login->reason];

        memcpy(reason, login->reason, sizeof reason);
        (void)(is_refusal ? exchange_declined : exchange_answered)(login, &connections->prover);
        memcpy(login->reason, reason, sizeof reason);
    }
}

/* Nothing is captured before the user has pressed Enter; where only the prover's agent can ask, it does. */
static enum outcome confirm(struct login *login, struct connections *connections, struct challenge *challenge) {
    int64_t fresh_until = deadline_after(FRESH_MILLISECONDS);
    bool at_terminal = login->screen->kind == SCREEN_TERMINAL;
    char prompt[MAXIMUM_TEXT];
    enum outcome outcome = at_terminal ? exchange_may_ask(login, &connections->prover) : OUTCOME_ACCEPTED;

    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    (void)snprintf(prompt, sizeof prompt,
        "Password (or press Enter to present %s for %.100s as %.160s): ", challenge->presented, login->service,
        login->user);
    outcome = screen_ask(login->screen, prompt);
    /* The time that the user took to answer is not the daemons'. */
    login->deadline = deadline_after(login->options->timeout * 1000);
    if (at_terminal) {
        report_answer(login, connections, outcome, !deadline_has_passed(fresh_until));
    }
    if (outcome == OUTCOME_ACCEPTED && deadline_has_passed(fresh_until)) {
        outcome = reconnect(login, connections);
        if (outcome == OUTCOME_ACCEPTED) {
            outcome = exchange_challenge(login, &connections->verifier, challenge);
        }
    }
    return outcome;
}

/* No sensor is started without a word about what it is for. */
static enum outcome introduce(const struct login *login, const struct challenge *challenge) {
    char text[MAXIMUM_TEXT];

    (void)snprintf(text, sizeof text, "%spresent %s for %.100s as %.160s",
        login->screen->kind == SCREEN_AGENT ? "when you have confirmed it, " : "", challenge->presented, login->service,
        login->user);
    return screen_tell(login->screen, PAM_TEXT_INFO, text);
}

/* One capture: a proof for the challenge, and the verdict, over the connection that the challenge came from. */
static enum outcome try_once(struct login *login, struct connections *connections, const struct challenge *challenge) {
    struct varlink_reply reply;
    const char *proof = NULL;
    enum outcome outcome = exchange_proof(login, &connections->prover, challenge, &reply, &proof);

    return outcome == OUTCOME_ACCEPTED ? exchange_verdict(login, &connections->verifier, proof) : outcome;
}

/* After a sample that does not match: a pause, so that the next is another one, and a fresh challenge. */
static enum outcome prepare_retry(struct login *login, struct connections *connections, struct challenge *challenge) {
    (void)screen_tell(login->screen, PAM_ERROR_MSG, words_to_retry(challenge->modality));
    switch (wait_milliseconds(RETRY_MILLISECONDS, login->deadline)) {
    case WAIT_READY: return exchange_challenge(login, &connections->verifier, challenge);
    case WAIT_TIMED_OUT: return OUTCOME_TIMED_OUT;
    case WAIT_CANCELLED: return OUTCOME_CANCELLED;
    case WAIT_FAILED: break;
    }
    return OUTCOME_SYSTEM_FAILURE;
}

static enum outcome try_repeatedly(struct login *login, struct connections *connections, struct challenge *challenge) {
    int64_t maximum = login->options->maximum_tries;
    bool seen = false;

    for (int64_t tries = 1;; tries++) {
        enum outcome outcome = try_once(login, connections, challenge);

        if (outcome == OUTCOME_NO_MATCH) {
            if (tries == maximum) {
                (void)screen_tell(login->screen, PAM_ERROR_MSG, "no match");
                return maximum > 1 ? OUTCOME_TRIES_USED_UP : OUTCOME_NO_MATCH;
            }
            seen = true;
            outcome = prepare_retry(login, connections, challenge);
            if (outcome == OUTCOME_ACCEPTED) {
                continue;
            }
        }
        /* Samples were seen and did not match, which says more than that no further one came in time. */
        return outcome == OUTCOME_TIMED_OUT && seen ? OUTCOME_NO_MATCH : outcome;
    }
}

/* As far as nobody has to be asked. */
static enum outcome begin(struct login *login, struct connections *connections, struct challenge *challenge) {
    enum outcome outcome = connect_to_both(login, connections);

    return outcome == OUTCOME_ACCEPTED ? exchange_challenge(login, &connections->verifier, challenge) : outcome;
}

enum outcome login_rehearse(struct login *login, char presented[WORDS_TO_PRESENT]) {
    struct connections connections = {.verifier = {.descriptor = -1}, .prover = {.descriptor = -1}};
    struct challenge challenge;
    enum outcome outcome = begin(login, &connections, &challenge);

    if (outcome == OUTCOME_ACCEPTED) {
        memcpy(presented, challenge.presented, sizeof challenge.presented);
    }
    disconnect(&connections);
    return outcome;
}

enum outcome login_run(struct login *login) {
    struct connections connections = {.verifier = {.descriptor = -1}, .prover = {.descriptor = -1}};
    struct challenge challenge;
    enum outcome outcome = begin(login, &connections, &challenge);

    if (outcome == OUTCOME_ACCEPTED && login->options->confirm && login->screen->kind != SCREEN_AGENT) {
        outcome = confirm(login, &connections, &challenge);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = introduce(login, &challenge);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = try_repeatedly(login, &connections, &challenge);
    }
    disconnect(&connections);
    return outcome;
}

enum outcome login_note_password(struct login *login) {
    struct varlink prover = {.descriptor = -1};
    enum outcome outcome = connect_to(login, &prover, SERVICE_PROVER, login->options->prover);

    if (outcome == OUTCOME_ACCEPTED) {
        outcome = exchange_password_entered(login, &prover);
    }
    varlink_close(&prover);
    return outcome;
}
