#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include "descriptor.h"
#include "wait.h"

#define TERMINAL_PATH "/dev/tty"
#define WRITE_MILLISECONDS 1000
/* As long as sudo(8) waits for a password. */
#define ANSWER_MILLISECONDS (INT64_C(300) * 1000)

struct line {
    char *text;
    size_t count;
    size_t capacity;
    bool too_long;
};

int terminal_open(void) {
    return descriptor_above_standard_streams(open(TERMINAL_PATH, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

bool terminal_is_ours(int terminal) {
    return tcgetpgrp(terminal) == getpgrp();
}

bool terminal_is_standard_input(void) {
    /* The kernel answers for the controlling terminal alone. */
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Holds back every signal; a background job is then not stopped for using its terminal either. */
static bool hold_signals(sigset_t *host) {
    sigset_t all;

    sigfillset(&all);
    return pthread_sigmask(SIG_SETMASK, &all, host) == 0;
}

static void release_signals(const sigset_t *host) {
    (void)pthread_sigmask(SIG_SETMASK, host, NULL);
}

/* Writes everything, unless the terminal takes nothing (Ctrl-S) for a second. */
static bool write_all(int terminal, const char *text) {
    size_t count = strlen(text);

    while (count > 0) {
        struct pollfd polled = {.fd = terminal, .events = POLLOUT};
        ssize_t written = write(terminal, text, count);

        if (written > 0) {
            text += written;
            count -= (size_t)written;
        } else if ((written < 0 && errno != EAGAIN && errno != EINTR) || poll(&polled, 1, WRITE_MILLISECONDS) <= 0) {
            return false;
        }
    }
    return true;
}

enum outcome terminal_tell(int terminal, const char *line) {
    sigset_t host;
    bool told;

    if (!hold_signals(&host)) {
        return OUTCOME_SYSTEM_FAILURE;
    }
    told = write_all(terminal, line) && write_all(terminal, "\n");
    release_signals(&host);
    return told ? OUTCOME_ACCEPTED : OUTCOME_CONVERSATION_FAILED;
}

/* Byte by byte, without echo, and with the keys that make signals as ordinary ones, so that none can end the host. */
static bool set_for_asking(int terminal, const struct termios *usual) {
    struct termios asking = *usual;

    asking.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG | IEXTEN);
    asking.c_cc[VMIN] = 1;
    asking.c_cc[VTIME] = 0;
    return tcsetattr(terminal, TCSANOW, &asking) == 0;
}

static bool is_key(const struct termios *usual, size_t which, char byte) {
    return usual->c_cc[which] != _POSIX_VDISABLE && usual->c_cc[which] == (cc_t)byte;
}

/* Removes the last character: in UTF-8, its continuation bytes and the one before them. */
static void erase(struct line *line) {
    while (line->count > 0 && ((unsigned char)line->text[--line->count] & 0xC0) == 0x80) {
    }
    explicit_bzero(line->text + line->count, line->capacity - line->count);
}

/* Takes a byte into the line; true if that ended it, with what it came to. */
static bool take_byte(struct line *line, char byte, const struct termios *usual, enum outcome *outcome) {
    if (byte == '\n' || byte == '\r') {
        *outcome = line->too_long ? OUTCOME_CANCELLED : OUTCOME_ACCEPTED;
        return true;
    }
    if (is_key(usual, VINTR, byte) || is_key(usual, VQUIT, byte) || is_key(usual, VEOF, byte)) {
        *outcome = OUTCOME_CANCELLED;
        return true;
    }
    if (is_key(usual, VERASE, byte) || byte == '\b' || byte == '\x7F') {
        erase(line);
    } else if (is_key(usual, VKILL, byte)) {
        while (line->count > 0) {
            erase(line);
        }
        line->too_long = false;
    } else if (byte == '\0' || is_key(usual, VSUSP, byte)) {
        /* Neither can be part of a password. */
    } else if (line->count < line->capacity - 1) {
        line->text[line->count++] = byte;
    } else {
        line->too_long = true;
    }
    return false;
}

/* Whether a signal waits that the host lets through: the terminal is to be restored, and the host to have it. */
static bool host_is_due(const sigset_t *host) {
    sigset_t pending;

    if (sigpending(&pending) != 0) {
        return false;
    }
    for (int number = 1; number < SIGRTMAX; number++) {
        if (sigismember(&pending, number) == 1 && sigismember(host, number) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads until the line ends (true), or until the host is due a signal (false). */
static bool read_line(int terminal, struct line *line, const struct termios *usual, const sigset_t *host,
    int64_t deadline, enum outcome *outcome) {
    for (;;) {
        struct pollfd polled = {.fd = terminal, .events = POLLIN};
        char byte = '\0';
        ssize_t count = 0;

        *outcome = OUTCOME_CANCELLED;
        if (cancellation_is_pending(host)) {
            return true;
        }
        if (deadline_has_passed(deadline)) {
            *outcome = OUTCOME_TIMED_OUT;
            return true;
        }
        if (poll(&polled, 1, WAIT_SLICE_MILLISECONDS) == 0) {
            if (host_is_due(host)) {
                return false;
            }
        } else {
            count = read(terminal, &byte, 1);
            if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
                return true;
            }
        }
        /* The kernel lets no job in the background read. Nor is there then anybody to wait for. */
        if (!terminal_is_ours(terminal)) {
            return true;
        }
        if (count <= 0) {
            continue;
        }
        if (take_byte(line, byte, usual, outcome)) {
            explicit_bzero(&byte, sizeof byte);
            return true;
        }
    }
}

/* One stretch with the terminal out of its usual state. True at the end of the line. */
static bool ask_once(int terminal, const char *prompt, struct line *line, int64_t deadline, enum outcome *outcome) {
    struct termios usual;
    sigset_t host;
    bool ended = true;

    *outcome = OUTCOME_SYSTEM_FAILURE;
    if (!hold_signals(&host)) {
        return true;
    }
    *outcome = terminal_is_ours(terminal) ? OUTCOME_CONVERSATION_FAILED : OUTCOME_CANCELLED;
    if (*outcome != OUTCOME_CANCELLED && tcgetattr(terminal, &usual) == 0 && set_for_asking(terminal, &usual)) {
        /* What was typed, or pushed into the queue, before there was a question answers nothing. */
        if (prompt == NULL || (tcflush(terminal, TCIFLUSH) == 0 && write_all(terminal, prompt))) {
            ended = read_line(terminal, line, &usual, &host, deadline, outcome);
        }
        (void)tcsetattr(terminal, TCSANOW, &usual);
        if (ended) {
            (void)write_all(terminal, "\n");
        }
    }
    if (!ended && cancellation_awaits_host(&host)) {
        *outcome = OUTCOME_CANCELLED;
        ended = true;
    }
    release_signals(&host);
    return ended;
}

enum outcome terminal_ask(int terminal, const char *prompt, char *answer, size_t capacity) {
    struct line line = {.text = answer, .capacity = capacity};
    int64_t deadline = deadline_after(ANSWER_MILLISECONDS);
    enum outcome outcome;

    explicit_bzero(answer, capacity);
    while (!ask_once(terminal, prompt, &line, deadline, &outcome)) {
        /* The host has had its signal (a timer, a child, a stop and a start), and the line goes on. */
        prompt = NULL;
    }
    if (outcome != OUTCOME_ACCEPTED) {
        explicit_bzero(answer, capacity);
    }
    return outcome;
}
