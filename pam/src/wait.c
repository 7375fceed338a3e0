#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

static int64_t now(void) {
    struct timespec time = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t deadline_after(int64_t milliseconds) {
    return now() + milliseconds;
}

bool deadline_has_passed(int64_t deadline) {
    return now() >= deadline;
}

static const int cancelling[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

#define CANCELLING_COUNT (sizeof cancelling / sizeof *cancelling)

static void take(int number) {
    const struct timespec no_time = {0, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    (void)sigtimedwait(&set, NULL, &no_time);
}

bool cancellation_is_pending(const sigset_t *blocked) {
    sigset_t pending;
    bool found = false;

    if (sigpending(&pending) != 0) {
        return false;
    }
    for (size_t i = 0; i < CANCELLING_COUNT; i++) {
        if (sigismember(&pending, cancelling[i]) == 1 && sigismember(blocked, cancelling[i]) == 1) {
            found = true;
            if (cancelling[i] == SIGINT || cancelling[i] == SIGQUIT) {
                take(cancelling[i]);
            }
        }
    }
    return found;
}

bool cancellation_awaits_host(const sigset_t *blocked) {
    sigset_t pending;

    if (sigpending(&pending) != 0) {
        return false;
    }
    for (size_t i = 0; i < CANCELLING_COUNT; i++) {
        if (sigismember(&pending, cancelling[i]) == 1 && sigismember(blocked, cancelling[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Blocks everything but the signals that cancel, as far as the host has those unblocked; `current` is the host's mask.
 */
static void waiting_mask(sigset_t *mask, sigset_t *current) {
    sigfillset(mask);
    if (pthread_sigmask(SIG_BLOCK, NULL, current) != 0) {
        sigemptyset(current);
        return;
    }
    for (size_t i = 0; i < CANCELLING_COUNT; i++) {
        if (sigismember(current, cancelling[i]) == 0) {
            sigdelset(mask, cancelling[i]);
        }
    }
}

static enum wait_result wait_in_slices(struct pollfd *polled, nfds_t count, int64_t deadline) {
    sigset_t mask;
    sigset_t current;

    waiting_mask(&mask, &current);
    for (;;) {
        int64_t left = deadline - now();
        int64_t slice = left > WAIT_SLICE_MILLISECONDS ? WAIT_SLICE_MILLISECONDS : left;
        struct timespec timeout;
        int ready;

        if (left <= 0) {
            return WAIT_TIMED_OUT;
        }
        if (cancellation_is_pending(&current)) {
            return WAIT_CANCELLED;
        }
        timeout = (struct timespec){.tv_sec = 0, .tv_nsec = (long)slice * 1000000};
        ready = ppoll(polled, count, &timeout, &mask);
        if (ready > 0) {
            return WAIT_READY;
        }
        if (ready < 0) {
            return errno == EINTR ? WAIT_CANCELLED : WAIT_FAILED;
        }
    }
}

enum wait_result wait_for(int descriptor, short events, int64_t deadline) {
    struct pollfd polled = {.fd = descriptor, .events = events};
    enum wait_result result = wait_in_slices(&polled, 1, deadline);

    return result == WAIT_READY && (polled.revents & POLLNVAL) != 0 ? WAIT_FAILED : result;
}

enum wait_result wait_milliseconds(int64_t milliseconds, int64_t deadline) {
    int64_t end = deadline_after(milliseconds);
    enum wait_result result = wait_in_slices(NULL, 0, end < deadline ? end : deadline);

    return result == WAIT_TIMED_OUT && end < deadline ? WAIT_READY : result;
}
