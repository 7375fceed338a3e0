#include "converse.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static enum outcome converse(pam_handle_t *pamh, int style, const char *text, char **answer) {
    const struct pam_message message = {.msg_style = style, .msg = text};
    const struct pam_message *messages = &message;
    struct pam_response *response = NULL;
    const void *item = NULL;
    const struct pam_conv *conversation;

    *answer = NULL;
    if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL) {
        return OUTCOME_CONVERSATION_FAILED;
    }
    conversation = item;
    if (conversation->conv == NULL
        || conversation->conv(1, &messages, &response, conversation->appdata_ptr) != PAM_SUCCESS) {
        /* The response means nothing then, and may not even point anywhere. */
        return OUTCOME_CONVERSATION_FAILED;
    }
    if (response != NULL) {
        *answer = response->resp;
        free(response);
    }
    return OUTCOME_ACCEPTED;
}

enum outcome converse_tell(pam_handle_t *pamh, int style, const char *text) {
    char *answer;
    enum outcome outcome = converse(pamh, style, text, &answer);

    converse_forget(answer);
    return outcome;
}

enum outcome converse_ask(pam_handle_t *pamh, const char *prompt, char **answer) {
    enum outcome outcome = converse(pamh, PAM_PROMPT_ECHO_OFF, prompt, answer);

    return outcome == OUTCOME_ACCEPTED && *answer == NULL ? OUTCOME_CONVERSATION_FAILED : outcome;
}

void converse_forget(char *answer) {
    if (answer != NULL) {
        explicit_bzero(answer, strlen(answer));
        free(answer);
    }
}
