/*
 * What people are told, in plain English.
 */
#ifndef SEMBLANCE_WORDS_H
#define SEMBLANCE_WORDS_H

#include <stddef.h>

#include "outcome.h"
#include "varlink.h"

#define WORDS_MAXIMUM 256
#define WORDS_TO_PRESENT 96

/* "your face", "your right index finger", "your finger "LABEL""; NULL stands for what is not known. */
void words_to_present(char output[WORDS_TO_PRESENT], const char *modality, const char *label);

/* After a sample that does not match: what to do before the next. */
const char *words_to_retry(const char *modality);

/* What an error reply means, where the user can do something about it; false if there is nothing to say. */
bool words_of_failure(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply);

/* What an error reply adds for the log; empty if nothing. */
void words_for_log(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply);

#endif
