/*
 * Where the person is told what the sensor is for, and asked whether he means it.
 */
#ifndef SEMBLANCE_SCREEN_H
#define SEMBLANCE_SCREEN_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "host.h"
#include "outcome.h"

enum screen_kind {
    /*
     * The application's conversation. It may be believed where the application gives away nothing that its caller has
     * not (it runs without privilege, as lock screens do), where it is a display manager, and where root started it.
     */
    SCREEN_CONVERSATION,
    /* The controlling terminal itself: sudo, su, login, chfn. What their caller pipes into them answers nothing. */
    SCREEN_TERMINAL,
    /*
     * None of its own: a program that its file's owner has raised above its caller, without a terminal, or polkit's
     * helper, whose conversation is with a program of the caller's. There the prover asks, by its agent.
     */
    SCREEN_AGENT,
};

struct screen {
    enum screen_kind kind;
    pam_handle_t *pamh;
    const char *service;
    int terminal; /* -1 unless `kind` is SCREEN_TERMINAL */
};

/* `privilege` is that of the application whose screen it is. */
void screen_open(struct screen *screen, pam_handle_t *pamh, const char *service, enum host_privilege privilege);
void screen_close(struct screen *screen);

/* NULL, or why nobody there would see what is told, or with `asking` could answer. */
const char *screen_obstacle(const struct screen *screen, bool asking);

/* Shows `text` as PAM_TEXT_INFO or PAM_ERROR_MSG, with the name of the module. */
enum outcome screen_tell(const struct screen *screen, int style, const char *text);

/*
 * Asks without echo; not for SCREEN_AGENT. OUTCOME_ACCEPTED if the answer is an empty line, OUTCOME_PASSWORD_INSTEAD if
 * it is another: that is kept as PAM_AUTHTOK for the modules that follow, unless there is one already.
 */
enum outcome screen_ask(const struct screen *screen, const char *prompt);

#endif
