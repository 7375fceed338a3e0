/*
 * pam_semblance: log in by face or fingerprint, with a zero-knowledge proof in place of the biometric. The entry
 * points.
 */
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "args.h"
#include "login.h"
#include "outcome.h"
#include "remote.h"
#include "text.h"
#include "wait.h"

#define EXPORTED __attribute__((visibility("default")))
#define MAXIMUM_NAME 255

EXPORTED int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);
EXPORTED int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);
EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv);

static const char *string_item(const pam_handle_t *pamh, int type) {
    const void *item = NULL;

    return pam_get_item(pamh, type, &item) == PAM_SUCCESS ? item : NULL;
}

/* Who may be logged in by whom is the verifier's decision; this one keeps away what no face can be shown for. */
static enum outcome check_circumstances(const struct login *login) {
    const char *terminal = string_item(login->pamh, PAM_TTY);
    const char *reason = remote_reason(login->service, string_item(login->pamh, PAM_RHOST), terminal);

    if (reason != NULL) {
        if (login->options->debug) {
            pam_syslog(login->pamh, LOG_DEBUG, "refused: %s", reason);
        }
        return OUTCOME_REMOTE;
    }
    if (login->silent && (terminal == NULL || *terminal == '\0')) {
        return OUTCOME_UNATTENDED;
    }
    return OUTCOME_ACCEPTED;
}

static enum outcome authenticate(struct login *login) {
    enum outcome outcome;

    if (!text_is_name(login->user, MAXIMUM_NAME)) {
        return OUTCOME_BAD_USER_NAME;
    }
    if (login->service == NULL || !text_is_name(login->service, MAXIMUM_NAME)) {
        return OUTCOME_BAD_SERVICE_NAME;
    }
    outcome = check_circumstances(login);
    return outcome == OUTCOME_ACCEPTED ? login_run(login) : outcome;
}

/* What happens at every login of a remote user, or of one who is not enrolled, is not worth a line each time. */
static int priority_of(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_REMOTE:
    case OUTCOME_UNATTENDED:
    case OUTCOME_NOT_ENROLLED: return LOG_DEBUG;
    case OUTCOME_UNTRUSTED_SOCKET: return LOG_ALERT;
    case OUTCOME_SYSTEM_FAILURE:
    case OUTCOME_PROTOCOL_VIOLATION:
    case OUTCOME_OUT_OF_MEMORY:
    case OUTCOME_MISCONFIGURED:
    case OUTCOME_CONVERSATION_FAILED: return LOG_ERR;
    case OUTCOME_ACCEPTED: return LOG_INFO;
    default: return LOG_NOTICE;
    }
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct options options;
    struct login login = {.pamh = pamh, .options = &options, .silent = ((unsigned int)flags & PAM_SILENT) != 0};
    const char *wrong = options_parse(&options, argc, argv);
    enum outcome outcome;
    int priority;
    int code;

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
    login.service = string_item(pamh, PAM_SERVICE);
    login.deadline = deadline_after(options.timeout * 1000);
    outcome = authenticate(&login);
    priority = priority_of(outcome);
    if (outcome == OUTCOME_BAD_USER_NAME || outcome == OUTCOME_BAD_SERVICE_NAME) {
        pam_syslog(pamh, priority, "%s", outcome_description(outcome));
    } else if (priority != LOG_DEBUG || options.debug) {
        pam_syslog(pamh, priority, "%s: %s", login.user, outcome_description(outcome));
    }
    return outcome_pam_code(outcome);
}

/* There are no credentials to set. This must succeed, or stacks that rely on the module fail after it has succeeded. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
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
