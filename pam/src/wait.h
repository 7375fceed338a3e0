/*
 * One deadline for the whole call, and waits that a signal of the user's cancels.
 *
 * Cancelling. The module installs no handler and leaves the signal mask as it found it. It waits in ppoll(2) under a
 * temporary mask that blocks every signal but SIGINT, SIGQUIT, SIGTERM and SIGHUP (those that the host itself blocks
 * stay blocked). The kernel sets and restores that mask atomically with the wait, so EINTR means exactly that the host
 * *caught* one of those four: the login is cancelled. Its timers and children (SIGALRM, SIGCHLD, ...) cannot interrupt
 * the wait; their handlers run at the latest when a slice of WAIT_SLICE_MILLISECONDS ends.
 *
 * A host that blocks one of the four (sudo blocks SIGINT and SIGQUIT) is not interrupted: there the signal is seen as
 * pending, between two slices. SIGINT and SIGQUIT are then taken, as they have done what the user pressed them for, and
 * would end the host as soon as it unblocks them, in place of the password prompt. SIGTERM and SIGHUP stay pending.
 *
 * Where the host leaves SIGINT unblocked and at its default, Ctrl-C ends the host. Either way the connections close,
 * which is what cancels the capture in the prover. A signal that the host catches in the microseconds between two waits
 * is not seen: the user presses again, and the deadline holds.
 */
#ifndef SEMBLANCE_WAIT_H
#define SEMBLANCE_WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define WAIT_SLICE_MILLISECONDS 100

enum wait_result { WAIT_READY, WAIT_TIMED_OUT, WAIT_CANCELLED, WAIT_FAILED };

/* CLOCK_MONOTONIC in milliseconds, `milliseconds` from now. */
int64_t deadline_after(int64_t milliseconds);

bool deadline_has_passed(int64_t deadline);

/* Waits until `events` (POLLIN, POLLOUT) or an end of the connection can be read from `descriptor`. */
enum wait_result wait_for(int descriptor, short events, int64_t deadline);

/* Sleeps for `milliseconds`: WAIT_READY afterwards, WAIT_TIMED_OUT if the deadline comes first. */
enum wait_result wait_milliseconds(int64_t milliseconds, int64_t deadline);

/* Whether one of the four signals is pending that `blocked` blocks; takes it if it is SIGINT or SIGQUIT. */
bool cancellation_is_pending(const sigset_t *blocked);

/* Whether one of the four is pending that `blocked` lets through; it is left to the host. */
bool cancellation_awaits_host(const sigset_t *blocked);

#endif
