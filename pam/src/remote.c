#include "remote.h"

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <security/pam_modutil.h>

#include "host.h"
#include "item.h"
#include "logind.h"
#include "place.h"
#include "service.h"
#include "statefile.h"

#define AUDIT_SESSION_FILE "/proc/self/sessionid"
#define AUDIT_SESSION_UNSET "4294967295"

/* A virtual terminal ("tty2", not "ttyS0" or "pts/3") or an X display of this computer (":0", ":0.0"). */
static bool is_local_terminal(const char *terminal) {
    const char *number;

    if (terminal == NULL) {
        return false;
    }
    if (strncmp(terminal, "/dev/", 5) == 0) {
        terminal += 5;
    }
    if (*terminal == ':') {
        number = terminal + 1;
        return *number != '\0' && strspn(number, "0123456789.") == strlen(number);
    }
    number = terminal + 3;
    return strncmp(terminal, "tty", 3) == 0 && *number != '\0' && strspn(number, "0123456789") == strlen(number);
}

/*
 * polkit from version 127 on starts its helper as a system service for whoever asks, from wherever: also for another user,
 * who is then somewhere else than the one in front of the sensor. logind knows users
 * by uid, so the name is looked up, by libpam's own function, as every host has done by then.
 */
static const char *polkit_reason(pam_handle_t *pamh, const char *user, const char *service) {
    const struct passwd *account = pam_modutil_getpwnam(pamh, user);
    uid_t asker;
    char identifier[IDENTIFIER_MAXIMUM];

    if (account == NULL) {
        return "there is no such account";
    }
    if (host_asker(service, &asker) && asker != account->pw_uid && asker != 0) {
        return asker == HOST_ASKER_UNKNOWN ? "who asks cannot be found out" : "a program of another user's asks";
    }
    (void)snprintf(identifier, sizeof identifier, "%lu", (unsigned long)account->pw_uid);
    return logind_user_reason(identifier);
}

static const char *system_service_reason(pam_handle_t *pamh, const char *user, const char *service) {
    if (service_is_polkit(service)) {
        return polkit_reason(pamh, user, service);
    }
    return service_is_greeter(service) || is_local_terminal(item_string(pamh, PAM_TTY))
               ? NULL
               : "a system service, and nothing shows that it is local";
}

/* By the audit session, which logind uses as its identifier where auditing is on; NULL if that says nothing. */
static const char *audit_session_reason(void) {
    char text[STATEFILE_MAXIMUM];
    char identifier[IDENTIFIER_MAXIMUM];

    if (!statefile_read(AUDIT_SESSION_FILE, text, false) || !identifier_copy(identifier, text, strcspn(text, "\n"))
        || strcmp(identifier, AUDIT_SESSION_UNSET) == 0) {
        return NULL;
    }
    return logind_knows_session(identifier) ? logind_session_reason(identifier) : NULL;
}

const char *remote_reason(pam_handle_t *pamh, const char *user, const char *service) {
    const char *remote_host = item_string(pamh, PAM_RHOST);
    char identifier[IDENTIFIER_MAXIMUM];

    if (remote_host != NULL && *remote_host != '\0') {
        return "a remote host is set";
    }
    if (service_is_remote(service)) {
        return "the service is one for remote users";
    }
    switch (place_of_process(identifier)) {
    case PLACE_UNREADABLE: return logind_is_here() ? "its session cannot be found out" : NULL;
    case PLACE_SESSION: return logind_session_reason(identifier);
    case PLACE_USER_MANAGER: return logind_user_reason(identifier);
    case PLACE_SYSTEM_SERVICE: return system_service_reason(pamh, user, service);
    case PLACE_UNKNOWN: break;
    }
    return audit_session_reason();
}
