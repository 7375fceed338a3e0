#include "words.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* The longest name of one enrolment. */
#define WORDS_OF_ONE 96
#define MAXIMUM_RETRY_AFTER (INT64_C(366) * 24 * 3600)

/* The digit of a label such as "right-index" or "left-thumb", also as fprintd writes it ("right-index-finger"). */
static const char *digit_of(const char *text) {
    static const char *const digits[] = {"thumb", "index", "middle", "ring", "little"};

    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
        size_t length = strlen(digits[i]);

        if (strncmp(text, digits[i], length) == 0 && (text[length] == '\0' || strcmp(text + length, "-finger") == 0)) {
            return digits[i];
        }
    }
    return NULL;
}

static void name_finger(char output[WORDS_OF_ONE], const char *label) {
    const char *hand = strncmp(label, "right-", 6) == 0 ? "right" : strncmp(label, "left-", 5) == 0 ? "left" : NULL;
    const char *digit = hand == NULL ? NULL : digit_of(label + strlen(hand) + 1);

    if (digit != NULL) {
        (void)snprintf(output, WORDS_OF_ONE, "your %s %s%s", hand, digit, strcmp(digit, "thumb") == 0 ? "" : " finger");
    } else if (strcmp(label, "default") == 0) {
        (void)snprintf(output, WORDS_OF_ONE, "your finger");
    } else {
        (void)snprintf(output, WORDS_OF_ONE, "your finger \"%.64s\"", label);
    }
}

static void name_enrolment(char output[WORDS_OF_ONE], const struct words_enrolment *enrolment) {
    const char *modality = enrolment->modality;

    if (modality != NULL && strcmp(modality, "face") == 0) {
        (void)snprintf(output, WORDS_OF_ONE, "your face");
    } else if (modality != NULL && strcmp(modality, "fingerprint") == 0) {
        name_finger(output, enrolment->label == NULL ? "default" : enrolment->label);
    } else {
        (void)snprintf(output, WORDS_OF_ONE, "your face or finger");
    }
}

/* Names each enrolment, and none twice; the number of names. */
static size_t name_all(
    char names[WORDS_MAXIMUM_ENROLMENTS][WORDS_OF_ONE], const struct words_enrolment *enrolments, size_t count) {
    size_t named = 0;

    for (size_t i = 0; i < count && named < WORDS_MAXIMUM_ENROLMENTS; i++) {
        bool known = false;

        name_enrolment(names[named], &enrolments[i]);
        for (size_t j = 0; j < named; j++) {
            known = known || strcmp(names[j], names[named]) == 0;
        }
        named += known ? 0 : 1;
    }
    return named;
}

void words_to_present(char output[WORDS_TO_PRESENT], const struct words_enrolment *enrolments, size_t count) {
    char names[WORDS_MAXIMUM_ENROLMENTS][WORDS_OF_ONE];
    size_t named = name_all(names, enrolments, count);
    size_t length = 0;

    output[0] = '\0';
    for (size_t i = 0; i < named; i++) {
        const char *separator = i == 0 ? "" : i + 1 == named ? " or " : ", ";
        size_t needed = strlen(separator) + strlen(names[i]);

        if (needed >= WORDS_TO_PRESENT - length) {
            (void)snprintf(output, WORDS_TO_PRESENT, "any finger or face that you have enrolled");
            return;
        }
        (void)snprintf(output + length, WORDS_TO_PRESENT - length, "%s%s", separator, names[i]);
        length += needed;
    }
}

const char *words_to_retry(const char *modality) {
    if (modality != NULL && strcmp(modality, "face") == 0) {
        return "no match, look again";
    }
    return modality != NULL && strcmp(modality, "fingerprint") == 0 ? "no match, lift your finger and try again"
                                                                    : "no match, please try again";
}

static const char *meaning_of(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_NO_SENSOR: return "no sensor is available";
    case OUTCOME_POOR_SAMPLE: return "no usable sample";
    case OUTCOME_BUSY: return "the sensor is busy with another login";
    case OUTCOME_OVERLOADED: return "too much to do at the moment, try again later";
    case OUTCOME_LOCKED_OUT: return "too many failed tries";
    case OUTCOME_TOO_MANY_PROOFS: return "too many logins in a short time";
    case OUTCOME_NOT_PRESENT: return "you do not seem to be at this computer";
    case OUTCOME_PASSWORD_FIRST: return "your password comes first";
    case OUTCOME_CONSENT_REFUSED: return "you have refused";
    case OUTCOME_CHALLENGE_MISMATCH: return "the verifier asks for something else than this login";
    case OUTCOME_VERIFIER_KEY_CHANGED: return "the verifier's key has changed since you enrolled";
    default: return NULL;
    }
}

/* The parameter of an error reply that explains it: to the user, or only in the log. */
static const char *explanation_of(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_NO_SENSOR:
    case OUTCOME_POOR_SAMPLE: return "hint";
    case OUTCOME_NOT_PRESENT:
    case OUTCOME_PASSWORD_FIRST: return "reason";
    default: return NULL;
    }
}

static const char *log_detail_of(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_SYSTEM_FAILURE: return "hint";
    case OUTCOME_CHALLENGE_MISMATCH: return "field";
    case OUTCOME_VERIFIER_KEY_CHANGED: return "offered";
    default: return explanation_of(outcome);
    }
}

static const char *text_parameter(const struct varlink_reply *reply, const char *name) {
    const struct json_value *value = NULL;

    return name != NULL && varlink_string(reply, name, &value) && value != NULL && value->length > 0 ? value->text
                                                                                                     : NULL;
}

/* What a limit says about its end: after so many seconds, or with -1 not by itself. False if it says nothing. */
static bool words_of_limit(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply) {
    const struct json_value *value = json_member(&reply->document, reply->parameters, "retryAfterSeconds");
    bool is_refusal = outcome == OUTCOME_CONSENT_REFUSED;
    int64_t seconds = 0;

    if ((outcome != OUTCOME_LOCKED_OUT && outcome != OUTCOME_TOO_MANY_PROOFS && !is_refusal)
        || !json_integer(value, -1, MAXIMUM_RETRY_AFTER, &seconds)) {
        return false;
    }
    if (seconds > 0) {
        (void)snprintf(output, WORDS_MAXIMUM, "%s, wait %lld s",
            is_refusal ? "you have refused lately" : meaning_of(outcome), (long long)seconds);
    } else if (seconds < 0 && outcome == OUTCOME_LOCKED_OUT) {
        (void)snprintf(output, WORDS_MAXIMUM, "%s; root can lift it: semblance unlock", meaning_of(outcome));
    } else {
        return false;
    }
    return true;
}

bool words_of_failure(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply) {
    const char *meaning = meaning_of(outcome);
    const char *explanation = text_parameter(reply, explanation_of(outcome));

    if (meaning == NULL) {
        return false;
    }
    if (!words_of_limit(output, outcome, reply)) {
        (void)snprintf(output, WORDS_MAXIMUM, "%s%s%s", meaning, explanation == NULL ? "" : ": ",
            explanation == NULL ? "" : explanation);
    }
    return true;
}

void words_for_log(char output[WORDS_MAXIMUM], enum outcome outcome, const struct varlink_reply *reply) {
    const char *detail = text_parameter(reply, log_detail_of(outcome));

    text_for_display(output, WORDS_MAXIMUM, detail == NULL ? "" : detail);
}
