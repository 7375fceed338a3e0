/*
 * A PAM application with every bad habit a host can have:
 *
 *     client [-s] [-n COUNT] [-i ITEM=VALUE] [-a ANSWER] [-c CONVERSATION] [-w CONDITION] DIRECTORY SERVICE USER
 * OPERATION...
 *
 * It prints what the user is told and asked, the code of every operation, and what the operations left changed.
 * -s sets PAM_SILENT; "-" as USER is no user at all.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "state.h"

#define MAXIMUM_ARGUMENTS 16

static FILE *output;
static const char *conversation = "normal";
static const char *answers[MAXIMUM_ARGUMENTS];
static int answer_count;
static int answers_given;
static volatile sig_atomic_t alarms;
static bool streams_closed;

static void on_signal(int number) {
    alarms += number == SIGALRM;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
    (void)data;
    if (streams_closed
        && write(STDIN_FILENO, "host", 4) + write(STDOUT_FILENO, "host", 4) + write(2, "host", 4) != -3) {
        fprintf(output, "info a standard stream is open\n");
    }
    if (strcmp(conversation, "error") == 0) {
        return PAM_CONV_ERR;
    }
    if (strcmp(conversation, "again") == 0) {
        return PAM_CONV_AGAIN;
    }
    if (strcmp(conversation, "rubbish") == 0) {
        memset(responses, 0x5A, sizeof *responses);
        return PAM_CONV_ERR;
    }
    if (strcmp(conversation, "slow") == 0) {
        sleep(2);
    }
    if (strcmp(conversation, "slow-answer") == 0 && count > 0 && messages[0]->msg_style == PAM_PROMPT_ECHO_OFF) {
        sleep(2);
    }
    if (strcmp(conversation, "very-slow-answer") == 0 && count > 0 && messages[0]->msg_style == PAM_PROMPT_ECHO_OFF) {
        sleep(31);
    }
    for (int i = 0; i < count; i++) {
        static const char *const styles[] = {"?", "prompt", "prompt-echo", "error", "info"};

        fprintf(output, "%s %s\n", styles[messages[i]->msg_style & 7], messages[i]->msg);
    }
    if (strcmp(conversation, "no-response") == 0) {
        return PAM_SUCCESS;
    }
    *responses = calloc(count > 0 ? (size_t)count : 1, sizeof **responses);
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON) {
            (*responses)[i].resp = answers_given < answer_count ? strdup(answers[answers_given++]) : NULL;
        } else if (strcmp(conversation, "talkative") == 0) {
            (*responses)[i].resp = strdup("an answer that nobody asked for");
        }
    }
    return PAM_SUCCESS;
}

static void catch (int number) {
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(number, &action, NULL);
}

/* Names the signals that are blocked and waiting, at each place where the host could be ended by them later. */
static void print_pending(void) {
    sigset_t pending;

    sigpending(&pending);
    for (int number = 1; number < SIGRTMIN; number++) {
        if (sigismember(&pending, number) == 1) {
            fprintf(output, "pending %d\n", number);
        }
    }
}

/* Conditions that hold during the operations. */
static void impose(const char *condition) {
    struct itimerval every_millisecond = {{0, 1000}, {0, 1000}};
    struct rlimit limit = {3, 3};
    sigset_t blocked;

    sigemptyset(&blocked);
    if (strcmp(condition, "signal-storm") == 0) {
        catch (SIGALRM);
        catch (SIGINT);
        setitimer(ITIMER_REAL, &every_millisecond, NULL);
    } else if (strcmp(condition, "child-ignored") == 0) {
        signal(SIGCHLD, SIG_IGN);
    } else if (strcmp(condition, "interrupt-caught") == 0) {
        catch (SIGINT);
    } else if (strcmp(condition, "termination-caught") == 0) {
        catch (SIGTERM);
    } else if (strcmp(condition, "others-caught") == 0) {
        for (int number = 1; number < SIGRTMIN; number++) {
            if (number != SIGKILL && number != SIGSTOP) {
                catch (number);
            }
        }
    } else if (strcmp(condition, "interrupt-ignored") == 0) {
        signal(SIGINT, SIG_IGN);
    } else if (strcmp(condition, "keys-blocked") == 0) {
        /* As sudo does. */
        sigaddset(&blocked, SIGINT);
        sigaddset(&blocked, SIGQUIT);
        sigprocmask(SIG_BLOCK, &blocked, NULL);
    } else if (strcmp(condition, "all-blocked") == 0) {
        sigfillset(&blocked);
        sigprocmask(SIG_BLOCK, &blocked, NULL);
    } else if (strcmp(condition, "no-descriptors") == 0) {
        setrlimit(RLIMIT_NOFILE, &limit);
    } else if (strcmp(condition, "no-memory") == 0) {
        void *block = malloc(1);

        free(block);
        limit.rlim_cur = limit.rlim_max = 1;
        setrlimit(RLIMIT_AS, &limit);
    } else if (strcmp(condition, "closed-streams") == 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        streams_closed = true;
    } else if (strcmp(condition, "chroot") == 0) {
        if (chroot("/var/empty") != 0 && chroot("/mnt") != 0) {
            exit(2);
        }
    } else {
        exit(2);
    }
}

static void set_item(pam_handle_t *pamh, const char *assignment) {
    static const struct {
        const char *name;
        int type;
    } items[] = {{"rhost=", PAM_RHOST}, {"tty=", PAM_TTY}, {"ruser=", PAM_RUSER}, {"authtok=", PAM_AUTHTOK}};

    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        size_t length = strlen(items[i].name);

        if (strncmp(assignment, items[i].name, length) == 0
            && pam_set_item(pamh, items[i].type, assignment + length) != PAM_SUCCESS) {
            fprintf(output, "cannot set %s\n", assignment);
        }
    }
}

int main(int argc, char **argv) {
    static struct state before;
    static struct state after;
    const struct pam_conv with = {.conv = converse};
    const struct pam_conv without = {.conv = NULL};
    const char *items[MAXIMUM_ARGUMENTS];
    const char *condition = NULL;
    const char *difference;
    int item_count = 0;
    int rounds = 1;
    int flags = 0;

    for (int option; (option = getopt(argc, argv, "+sn:i:a:c:w:")) != -1;) {
        switch (option) {
        case 's': flags = (int)PAM_SILENT; break;
        case 'n': rounds = atoi(optarg); break;
        case 'i': items[item_count++] = optarg; break;
        case 'a': answers[answer_count++] = optarg; break;
        case 'c': conversation = optarg; break;
        case 'w': condition = optarg; break;
        default: return 2;
        }
    }
    if (argc - optind < 4) {
        return 2;
    }
    output = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 200), "w");
    setvbuf(output, NULL, _IOLBF, 0);
    openlog("the-host", LOG_NDELAY, LOG_AUTH);
    (void)setlocale(LC_ALL, "C.UTF-8");
    for (int round = 0; round < rounds; round++) {
        pam_handle_t *pamh = NULL;
        const char *user = strcmp(argv[optind + 2], "-") == 0 ? NULL : argv[optind + 2];
        int code = pam_start_confdir(
            argv[optind + 1], user, strcmp(conversation, "none") == 0 ? &without : &with, argv[optind], &pamh);

        for (int i = 0; i < item_count; i++) {
            set_item(pamh, items[i]);
        }
        if (round == 0 && condition != NULL) {
            impose(condition);
        }
        state_read(&before);
        for (int i = optind + 3; i < argc && code != -1; i++) {
            if (strcmp(argv[i], "authenticate") == 0) {
                code = pam_authenticate(pamh, flags);
            } else if (strcmp(argv[i], "setcred") == 0) {
                code = pam_setcred(pamh, PAM_ESTABLISH_CRED);
            } else {
                code = pam_acct_mgmt(pamh, flags);
            }
            fprintf(output, "%s %d\n", argv[i], code);
        }
        print_pending();
        state_read(&after);
        difference = state_difference(&before, &after);
        fprintf(output, "state %s\n", difference == NULL ? "unchanged" : difference);
        pam_end(pamh, code);
    }
    syslog(LOG_INFO, "the host's own message");
    if (condition != NULL && strcmp(condition, "signal-storm") == 0) {
        fprintf(output, "storm %s\n", alarms >= 3 ? "raged" : "calm");
    }
    return 0;
}
