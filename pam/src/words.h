/*
 * What people are told, in plain English.
 */
#ifndef SEMBLANCE_WORDS_H
#define SEMBLANCE_WORDS_H

#include <stddef.h>

#include "outcome.h"
#include "varlink.h"

#define WORDS_MAXIMUM 256
/* A prompt that also names a service and a user stays below PAM_MAX_MSG_SIZE. */
#define WORDS_TO_PRESENT 192
#define WORDS_MAXIMUM_ENROLMENTS 8

/* What somebody has enrolled; NULL stands for what is not known. */
struct words_enrolment {
    const char *modality;
    const char *label;
};

/*
 * What any one of would do: "your face", "your right index finger, your finger "LABEL" or your face". What is enrolled
 * beyond WORDS_MAXIMUM_ENROLMENTS is left out; where the names are too long, none is named.
 */
void words_to_present(char output[WORDS_TO_PRESENT], const struct words_enrolment *enrolments, size_t count);

/* After a sample that does not match: what to do before the next. */
const char *words_to_retry(const char *modality);

/* What an error reply means, where the user can do something about it; false if there is nothing to say. */
bool words_of_failure(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply);

/* What an error reply adds for the log; empty if nothing. */
void words_for_log(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply);

#endif
