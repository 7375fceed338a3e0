/*
 * What pam_semblance.so would do for a user and a service, without doing it: the module's own checks, one line each.
 *
 *     pam-semblance-check USER SERVICE [ARGUMENT...]
 *
 * The arguments are those that the service's PAM file gives the module. Each line is "ok", "warn" or "fail", what was
 * looked at, a colon, and what was found. Exit status: 0 if the person would be asked, 1 if not, 2 for bad usage.
 * It is run where the login would be: in the same session, at the same terminal, with the same standard input.
 */
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "host.h"
#include "logind.h"
#include "login.h"
#include "outcome.h"
#include "place.h"
#include "screen.h"
#include "service.h"
#include "text.h"
#include "wait.h"

#define MAXIMUM_LINE 1024

static bool works = true;

__attribute__((format(printf, 3, 4))) static void say(const char *mark, const char *what, const char *format, ...) {
    char text[MAXIMUM_LINE];
    char shown[MAXIMUM_LINE];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    text_for_display(shown, sizeof shown, text);
    printf("%s %s: %s\n", mark, what, shown);
    works = works && strcmp(mark, "fail") != 0;
}

static void say_outcome(const char *what, const struct login *login, enum outcome outcome) {
    say("fail", what, "%s%s%s", outcome_description(outcome), login->reason[0] == '\0' ? "" : ": ", login->reason);
}

/*
 * The program that is taken to use the service: the one of its name. One that its file raises runs with the privilege
 * that it would have, any other as this one does.
 */
static enum host_privilege privilege_of_host(const char *service) {
    static const char *const directories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin"};
    size_t length = strlen(service);
    char path[512];
    struct stat status;

    /* "sudo-i" and "su-l" are services of the same programs. */
    length -=
        length > 2 && (strcmp(service + length - 2, "-i") == 0 || strcmp(service + length - 2, "-l") == 0) ? 2 : 0;
    for (size_t i = 0; strchr(service, '/') == NULL && i < sizeof directories / sizeof *directories; i++) {
        (void)snprintf(path, sizeof path, "%s/%.*s", directories[i], (int)length, service);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & (S_ISUID | S_ISGID)) != 0) {
            return HOST_RAISED;
        }
    }
    return host_privilege();
}

/* Whether root asks about somebody in whose session it is not: then that user's sessions say more than this one. */
static bool is_about_somebody_else(const char *user, const char *uid) {
    char identifier[IDENTIFIER_MAXIMUM];

    if (getuid() != 0 || strcmp(user, "root") == 0) {
        return false;
    }
    switch (place_of_process(identifier)) {
    case PLACE_SESSION: return !logind_session_belongs_to(identifier, uid);
    case PLACE_USER_MANAGER: return strcmp(identifier, uid) != 0;
    case PLACE_UNREADABLE:
    case PLACE_UNKNOWN:
    case PLACE_SYSTEM_SERVICE: break;
    }
    return true;
}

static void check_place_of_another(const char *service, const char *user, const char *uid) {
    const char *reason = service_is_polkit(service) ? logind_user_reason(uid) : logind_user_front_reason(uid);

    if (!logind_is_here()) {
        say("warn", "place", "no logind runs here: remote sessions cannot be told from local ones");
    } else if (reason != NULL) {
        say("fail", "place", "%s: %s", outcome_description(OUTCOME_REMOTE), reason);
    } else if (logind_user_reason(uid) != NULL) {
        say("warn", "place", "%s is in front of this computer, but logged in elsewhere, too", user);
    } else {
        say("ok", "place", "%s is in front of this computer", user);
    }
}

static void check_place(struct login *login) {
    enum outcome outcome = login_check_place(login);

    if (outcome != OUTCOME_ACCEPTED) {
        say_outcome("place", login, outcome);
    } else if (!logind_is_here()) {
        say("warn", "place", "no logind runs here: remote sessions cannot be told from local ones");
    } else {
        say("ok", "place", "nothing speaks against somebody in front of this computer");
    }
}

static void check_question(struct login *login) {
    struct screen screen;
    enum outcome outcome;

    screen_open(&screen, NULL, login->service, privilege_of_host(login->service));
    login->screen = &screen;
    outcome = login_check_screen(login);
    login->screen = NULL;
    if (outcome != OUTCOME_ACCEPTED) {
        say_outcome("question", login, outcome);
    } else if (screen.kind == SCREEN_AGENT) {
        say("warn", "question", "by a confirmation agent, which must attend");
    } else {
        say("ok", "question", "%s %s", login->options->confirm ? "asked" : "not asked, but told",
            screen.kind == SCREEN_TERMINAL ? "at this terminal" : "in the program's own prompt");
    }
    screen_close(&screen);
}

static void rehearse(struct login *login) {
    char presented[WORDS_TO_PRESENT];
    enum outcome outcome;

    login->reason[0] = '\0';
    outcome = login_rehearse(login, presented);
    if (outcome == OUTCOME_ACCEPTED) {
        say("ok", "challenge", "asks for %s", presented);
    } else {
        say_outcome("challenge", login, outcome);
    }
}

static void check_login(struct login *login) {
    const struct passwd *account = getpwnam(login->user);
    char uid[IDENTIFIER_MAXIMUM];

    if (account == NULL) {
        say("fail", "user", "there is no account %s", login->user);
        return;
    }
    (void)snprintf(uid, sizeof uid, "%lu", (unsigned long)account->pw_uid);
    if (service_is_remote(login->service)) {
        (void)login_check_place(login);
        say_outcome("service", login, OUTCOME_REMOTE);
    } else if (is_about_somebody_else(login->user, uid)) {
        check_place_of_another(login->service, login->user, uid);
    } else {
        check_place(login);
        check_question(login);
    }
    rehearse(login);
}

int main(int argc, const char **argv) {
    struct options options;
    struct login login = {.options = &options};
    const char *wrong;
    enum outcome outcome;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: pam-semblance-check USER SERVICE [ARGUMENT...]\n");
        return 2;
    }
    login.user = argv[1];
    login.service = argv[2];
    wrong = options_parse(&options, argc - 3, argv + 3);
    if (wrong != NULL) {
        say("fail", "arguments", "bad argument: %s", wrong);
        return 1;
    }
    say("ok", "arguments", "%s; at most %lld s", options.confirm ? "confirm" : "without confirm",
        (long long)options.timeout);
    options.debug = false;
    login.deadline = deadline_after(options.timeout * 1000);
    outcome = login_check_names(&login);
    if (outcome == OUTCOME_ACCEPTED) {
        check_login(&login);
    } else {
        say_outcome(outcome == OUTCOME_BAD_USER_NAME ? "user" : "service", &login, outcome);
    }
    return works && fflush(stdout) == 0 ? 0 : 1;
}
