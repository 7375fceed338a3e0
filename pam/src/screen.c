#include "screen.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "converse.h"
#include "item.h"
#include "service.h"
#include "terminal.h"
#include "text.h"

#define MAXIMUM_LINE 512

static enum screen_kind choose(const char *service, enum host_privilege privilege, int terminal) {
    if (service_is_polkit(service)) {
        return SCREEN_AGENT;
    }
    if (privilege == HOST_UNPRIVILEGED || service_is_greeter(service)) {
        return SCREEN_CONVERSATION;
    }
    if (terminal >= 0) {
        return SCREEN_TERMINAL;
    }
    return privilege == HOST_RAISED ? SCREEN_AGENT : SCREEN_CONVERSATION;
}

void screen_open(struct screen *screen, pam_handle_t *pamh, const char *service, enum host_privilege privilege) {
    *screen = (struct screen){.pamh = pamh, .service = service, .terminal = terminal_open()};
    screen->kind = choose(service, privilege, screen->terminal);
    if (screen->kind != SCREEN_TERMINAL) {
        screen_close(screen);
    }
}

void screen_close(struct screen *screen) {
    if (screen->terminal >= 0) {
        close(screen->terminal);
        screen->terminal = -1;
    }
}

const char *screen_obstacle(const struct screen *screen, bool asking) {
    if (screen->kind != SCREEN_TERMINAL) {
        return NULL;
    }
    if (!terminal_is_ours(screen->terminal)) {
        return "a job in the background of its terminal";
    }
    if (asking && host_never_asks(screen->service)) {
        return "it was told to ask nothing";
    }
    if (asking && !terminal_is_standard_input() && !host_reads_terminal(screen->service)) {
        return "its input is not its terminal, and may bring a password that nobody types";
    }
    return NULL;
}

enum outcome screen_tell(const struct screen *screen, int style, const char *text) {
    char shown[MAXIMUM_LINE];
    char line[MAXIMUM_LINE + sizeof "Semblance: "];

    text_for_display(shown, sizeof shown, text);
    (void)snprintf(line, sizeof line, "Semblance: %s", shown);
    return screen->kind == SCREEN_TERMINAL ? terminal_tell(screen->terminal, line)
                                           : converse_tell(screen->pamh, style, line);
}

/* What an answer means. */
static enum outcome take_answer(const struct screen *screen, const char *answer) {
    if (*answer == '\0') {
        return OUTCOME_ACCEPTED;
    }
    if (item_string(screen->pamh, PAM_AUTHTOK) == NULL
        && pam_set_item(screen->pamh, PAM_AUTHTOK, answer) != PAM_SUCCESS) {
        return OUTCOME_SYSTEM_FAILURE;
    }
    return OUTCOME_PASSWORD_INSTEAD;
}

static enum outcome ask_at_terminal(const struct screen *screen, const char *prompt) {
    char answer[PAM_MAX_RESP_SIZE];
    enum outcome outcome = terminal_ask(screen->terminal, prompt, answer, sizeof answer);

    if (outcome == OUTCOME_ACCEPTED) {
        outcome = take_answer(screen, answer);
    }
    explicit_bzero(answer, sizeof answer);
    return outcome;
}

enum outcome screen_ask(const struct screen *screen, const char *prompt) {
    char shown[MAXIMUM_LINE];
    char *answer = NULL;
    enum outcome outcome;

    text_for_display(shown, sizeof shown, prompt);
    if (screen->kind == SCREEN_TERMINAL) {
        return ask_at_terminal(screen, shown);
    }
    outcome = converse_ask(screen->pamh, shown, &answer);
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = take_answer(screen, answer);
    }
    converse_forget(answer);
    return outcome;
}
