/*
 * The process's controlling terminal. What is typed there comes from the person at the keyboard, where a program's
 * standard input, and so the answer to its conversation, is whatever its caller has put in place.
 *
 * Every signal is held back while the terminal is out of its usual state, so that none can stop or end the host then.
 * One that the host lets through is delivered to it as soon as the terminal has been restored.
 */
#ifndef SEMBLANCE_TERMINAL_H
#define SEMBLANCE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "outcome.h"

/* Opens it, non-blocking, close-on-exec and above 2; -1 if there is none. */
int terminal_open(void);

/* Whether the process is in the terminal's foreground job: any other is not what the person there is dealing with. */
bool terminal_is_ours(int terminal);

/* Whether the standard input is that terminal as well. If not, the host may get its passwords from elsewhere (host.h). */
bool terminal_is_standard_input(void);

/* Writes a line. */
enum outcome terminal_tell(int terminal, const char *line);

/*
 * Drops what was typed before, asks without echo, and reads a line of less than `capacity` bytes. Erasing works as
 * usual. OUTCOME_CANCELLED on Ctrl-C, Ctrl-D, the quit key, a signal that cancels (see wait.h), a line that is too long,
 * and where the job is no longer in the foreground; OUTCOME_TIMED_OUT after five minutes.
 */
enum outcome terminal_ask(int terminal, const char *prompt, char *answer, size_t capacity);

#endif
