/*
 * pam_semblance: log in by face or fingerprint, with a zero-knowledge proof in place of the biometric. The entry
 * points.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "args.h"
#include "host.h"
#include "item.h"
#include "login.h"
#include "outcome.h"
#include "screen.h"
#include "wait.h"

/* The name whose password the stack goes on to ask for, from pam_sm_authenticate to pam_sm_setcred. */
#define PASSWORD_OF "semblance_password_of"
/* A login that has succeeded is not held up for the prover to hear of it. */
#define NOTE_MILLISECONDS (INT64_C(2) * 1000)

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);
EXPORTED int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);
EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv);

static enum outcome authenticate(struct login *login) {
    struct screen screen;
    enum outcome outcome = login_check_names(login);

    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    screen_open(&screen, login->pamh, login->service, host_privilege());
    login->screen = &screen;
    outcome = login_check_place(login);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = login_check_screen(login);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = login_run(login);
    }
    screen_close(&screen);
    return outcome;
}

static int priority_of(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_UNTRUSTED_SOCKET:
    case OUTCOME_CHALLENGE_MISMATCH:
    case OUTCOME_VERIFIER_KEY_CHANGED: return LOG_ALERT;
    case OUTCOME_SYSTEM_FAILURE:
    case OUTCOME_PROTOCOL_VIOLATION:
    case OUTCOME_OUT_OF_MEMORY:
    case OUTCOME_MISCONFIGURED:
    case OUTCOME_CONVERSATION_FAILED: return LOG_ERR;
    case OUTCOME_PASSWORD_INSTEAD:
    case OUTCOME_ACCEPTED: return LOG_INFO;
    default: return outcome_is_refusal(outcome) ? LOG_INFO : LOG_NOTICE;
    }
}

/* One line for each login: also where nobody was asked, as the person will want to know why. */
static void report(const struct login *login, enum outcome outcome) {
    int priority = priority_of(outcome);

    if (outcome == OUTCOME_BAD_USER_NAME || outcome == OUTCOME_BAD_SERVICE_NAME) {
        pam_syslog(login->pamh, priority, "%s", outcome_description(outcome));
    } else {
        pam_syslog(login->pamh, priority, "%s: %s%s%s%s", login->user, outcome_is_refusal(outcome) ? "not asked: " : "",
            outcome_description(outcome), login->reason[0] == '\0' ? "" : ": ", login->reason);
    }
}

static void forget_password_of(pam_handle_t *pamh, void *data, int status) {
    (void)pamh;
    (void)status;
    free(data);
}

/* Whose password it is that lets him in, if anything does: nobody's after a match. */
static void expect_password_of(pam_handle_t *pamh, const char *user) {
    char *copy = user == NULL ? NULL : strdup(user);

    if (pam_set_data(pamh, PASSWORD_OF, copy, forget_password_of) != PAM_SUCCESS) {
        free(copy);
    }
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct options options;
    struct login login = {.pamh = pamh, .options = &options, .silent = ((unsigned int)flags & PAM_SILENT) != 0};
    const char *wrong = options_parse(&options, argc, argv);
    enum outcome outcome;
    int code;

    expect_password_of(pamh, NULL);
    if (wrong != NULL) {
        pam_syslog(pamh, LOG_ERR, "bad argument: %s", wrong);
        return outcome_pam_code(OUTCOME_MISCONFIGURED);
    }
    code = pam_get_user(pamh, &login.user, NULL);
    if (code == PAM_CONV_AGAIN) {
        /* The application asks the user in its own time, and calls again. */
        return PAM_INCOMPLETE;
    }
    if (code != PAM_SUCCESS) {
        return code == PAM_BUF_ERR ? PAM_BUF_ERR : PAM_CONV_ERR;
    }
    if (login.user == NULL) {
        return outcome_pam_code(OUTCOME_BAD_USER_NAME);
    }
    login.service = item_string(pamh, PAM_SERVICE);
    login.deadline = deadline_after(options.timeout * 1000);
    outcome = authenticate(&login);
    report(&login, outcome);
    /* An unprivileged host's word would count for nothing. */
    if (outcome_leaves_password(outcome) && host_privilege() != HOST_UNPRIVILEGED) {
        expect_password_of(pamh, login.user);
    }
    return outcome_pam_code(outcome);
}

/* That nobody hears of it means that a password is asked for once more: nothing that a login must fail for. */
static void note_password(pam_handle_t *pamh, const char *user, int argc, const char **argv) {
    struct options options;
    struct login login = {.pamh = pamh, .options = &options, .user = user, .silent = true};
    enum outcome outcome;

    login.service = item_string(pamh, PAM_SERVICE);
    if (options_parse(&options, argc, argv) != NULL || login.service == NULL) {
        return;
    }
    login.deadline = deadline_after(NOTE_MILLISECONDS);
    outcome = login_note_password(&login);
    if (outcome != OUTCOME_ACCEPTED && options.debug) {
        pam_syslog(
            pamh, LOG_DEBUG, "%s: the prover has not heard of the password: %s", user, outcome_description(outcome));
    }
}

/*
 * There are no credentials to set. This must succeed, or stacks that rely on the module fail after it has succeeded. But that
 * it is called says that the stack was satisfied, and so by a password where this module was not.
 */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    const void *user = NULL;

    /* PAM_USER may be another one by now: sudo's is whom the command runs as, not whose password it was. */
    if (((unsigned int)flags & PAM_DELETE_CRED) == 0 && pam_get_data(pamh, PASSWORD_OF, &user) == PAM_SUCCESS
        && user != NULL) {
        note_password(pamh, user, argc, argv);
        /* Once, also where credentials are established and then refreshed. */
        expect_password_of(pamh, NULL);
    }
    return PAM_SUCCESS;
}

/* Whether an account may be used is for other modules to say. */
int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_IGNORE;
}
