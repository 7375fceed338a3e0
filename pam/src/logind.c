#include "logind.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service.h"
#include "statefile.h"

#define SESSIONS_DIRECTORY "/run/systemd/sessions"
#define USERS_DIRECTORY "/run/systemd/users"
#define MAXIMUM_PATH (sizeof SESSIONS_DIRECTORY + 1 + IDENTIFIER_MAXIMUM)

static void session_path(char path[MAXIMUM_PATH], const char *identifier) {
    (void)snprintf(path, MAXIMUM_PATH, "%s/%s", SESSIONS_DIRECTORY, identifier);
}

bool logind_is_here(void) {
    return access(SESSIONS_DIRECTORY, F_OK) == 0;
}

bool logind_knows_session(const char *identifier) {
    char path[MAXIMUM_PATH];

    session_path(path, identifier);
    return access(path, F_OK) == 0;
}

/* Reads the file of a session, and sees whether it is remote. */
static const char *elsewhere_reason(const char *identifier, char text[STATEFILE_MAXIMUM]) {
    char path[MAXIMUM_PATH];
    char value[256];

    session_path(path, identifier);
    if (!statefile_read(path, text, true) || !statefile_value(text, "REMOTE", value, sizeof value)) {
        return "nothing is known about its session";
    }
    if (strcmp(value, "0") != 0) {
        return "its session is remote";
    }
    if (statefile_value(text, "SERVICE", value, sizeof value) && service_is_remote(value)) {
        return "its session was opened by a service for remote users";
    }
    return NULL;
}

/* Nobody sits in front of a session that was switched away from, nor of one without a seat (of cron, say). */
static const char *background_reason(const char *text) {
    char value[256];

    if (!statefile_value(text, "ACTIVE", value, sizeof value) || strcmp(value, "1") != 0) {
        return "its session is not the active one";
    }
    if (!statefile_value(text, "SEAT", value, sizeof value) || *value == '\0') {
        return "its session is on no seat";
    }
    return NULL;
}

const char *logind_session_reason(const char *identifier) {
    char text[STATEFILE_MAXIMUM];
    const char *reason = elsewhere_reason(identifier, text);

    return reason != NULL ? reason : background_reason(text);
}

bool logind_session_belongs_to(const char *identifier, const char *user) {
    char path[MAXIMUM_PATH];
    char text[STATEFILE_MAXIMUM];
    char value[IDENTIFIER_MAXIMUM];

    session_path(path, identifier);
    return statefile_read(path, text, true) && statefile_value(text, "UID", value, sizeof value)
           && strcmp(value, user) == 0;
}

/* What the sessions of a user are like. */
struct survey {
    bool in_front;
    bool elsewhere;
};

/* Returns NULL, or why it cannot be seen. */
static const char *survey_sessions(const char *user, struct survey *survey) {
    char path[MAXIMUM_PATH];
    char text[STATEFILE_MAXIMUM];
    char sessions[1024];

    *survey = (struct survey){false, false};
    (void)snprintf(path, sizeof path, "%s/%s", USERS_DIRECTORY, user);
    if (!statefile_read(path, text, true)) {
        return "nothing is known about the user's sessions";
    }
    if (!statefile_value(text, "SESSIONS", sessions, sizeof sessions)) {
        return "the user has no session";
    }
    for (const char *next = sessions; *next != '\0';) {
        char identifier[IDENTIFIER_MAXIMUM];
        size_t length = strcspn(next, " ");

        if (length > 0) {
            if (!identifier_copy(identifier, next, length)) {
                return "a session of the user has a strange name";
            }
            if (elsewhere_reason(identifier, text) != NULL) {
                survey->elsewhere = true;
            } else if (background_reason(text) == NULL) {
                survey->in_front = true;
            }
        }
        next += length + (next[length] == ' ' ? 1 : 0);
    }
    return NULL;
}

static const char *front_reason(const struct survey *survey) {
    return survey->in_front ? NULL : "the user has no active session on a seat";
}

const char *logind_user_reason(const char *user) {
    struct survey survey;
    const char *reason = survey_sessions(user, &survey);

    if (reason == NULL && survey.elsewhere) {
        reason = "a session of the user is remote, or unknown";
    }
    return reason != NULL ? reason : front_reason(&survey);
}

const char *logind_user_front_reason(const char *user) {
    struct survey survey;
    const char *reason = survey_sessions(user, &survey);

    return reason != NULL ? reason : front_reason(&survey);
}
