#include "args.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "text.h"

#define DEFAULT_VERIFIER "/run/semblance/verifier"
#define DEFAULT_PROVER "/run/semblance/prover"
#define DEFAULT_TIMEOUT 30
#define MAXIMUM_TIMEOUT 300
#define DEFAULT_TRIES 3
#define MAXIMUM_TRIES 10
#define MAXIMUM_LABEL 64

enum argument {
    ARGUMENT_TIMEOUT,
    ARGUMENT_MAXIMUM_TRIES,
    ARGUMENT_VERIFIER,
    ARGUMENT_PROVER,
    ARGUMENT_MODALITY,
    ARGUMENT_LABEL,
    ARGUMENT_REQUIRE,
    ARGUMENT_CONFIRM,
    ARGUMENT_DEBUG,
    ARGUMENT_COUNT,
};

/* A name that ends in '=' takes a value, the others stand alone. */
static const char *const names[ARGUMENT_COUNT] = {
    [ARGUMENT_TIMEOUT] = "timeout=",
    [ARGUMENT_MAXIMUM_TRIES] = "max-tries=",
    [ARGUMENT_VERIFIER] = "verifier=",
    [ARGUMENT_PROVER] = "prover=",
    [ARGUMENT_MODALITY] = "modality=",
    [ARGUMENT_LABEL] = "label=",
    [ARGUMENT_REQUIRE] = "require=",
    [ARGUMENT_CONFIRM] = "confirm",
    [ARGUMENT_DEBUG] = "debug",
};

/* Decimal digits without sign or leading zero, 1 to `maximum`. */
static bool parse_count(const char *text, int64_t maximum, int64_t *value) {
    *value = 0;
    if (*text == '0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        *value = *value * 10 + (*text - '0');
        if (*value > maximum) {
            return false;
        }
    }
    return *value >= 1;
}

/* An absolute path of a file, without empty, "." and ".." components. */
static bool parse_path(const char *text, const char **value) {
    *value = text;
    if (*text != '/' || !text_is_name(text, sizeof((struct sockaddr_un *)NULL)->sun_path - 1)) {
        return false;
    }
    while (*text == '/') {
        size_t length = strcspn(text + 1, "/");

        if (length == 0 || (length == 1 && text[1] == '.') || (length == 2 && text[1] == '.' && text[2] == '.')) {
            return false;
        }
        text += 1 + length;
    }
    return true;
}

static bool parse_value(struct options *options, enum argument argument, const char *value) {
    switch (argument) {
    case ARGUMENT_TIMEOUT: return parse_count(value, MAXIMUM_TIMEOUT, &options->timeout);
    case ARGUMENT_MAXIMUM_TRIES: return parse_count(value, MAXIMUM_TRIES, &options->maximum_tries);
    case ARGUMENT_VERIFIER: return parse_path(value, &options->verifier);
    case ARGUMENT_PROVER: return parse_path(value, &options->prover);
    case ARGUMENT_MODALITY:
        options->modality = value;
        return strcmp(value, "face") == 0 || strcmp(value, "fingerprint") == 0;
    case ARGUMENT_LABEL: options->label = value; return text_is_name(value, MAXIMUM_LABEL);
    case ARGUMENT_REQUIRE:
        options->possession_suffices = strcmp(value, "possession") == 0;
        return options->possession_suffices || strcmp(value, "biometric") == 0;
    case ARGUMENT_CONFIRM: options->confirm = true; return true;
    case ARGUMENT_DEBUG: options->debug = true; return true;
    case ARGUMENT_COUNT: break;
    }
    return false;
}

/* Which argument `text` is, with its value; ARGUMENT_COUNT if none. */
static enum argument find_argument(const char *text, const char **value) {
    for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
        size_t length = strlen(names[i]);

        *value = text + length;
        if (names[i][length - 1] == '=' ? strncmp(text, names[i], length) == 0 : strcmp(text, names[i]) == 0) {
            return (enum argument)i;
        }
    }
    return ARGUMENT_COUNT;
}

const char *options_parse(struct options *options, int argc, const char **argv) {
    bool seen[ARGUMENT_COUNT] = {false};

    *options = (struct options){
        .timeout = DEFAULT_TIMEOUT,
        .maximum_tries = DEFAULT_TRIES,
        .verifier = DEFAULT_VERIFIER,
        .prover = DEFAULT_PROVER,
    };
    for (int i = 0; i < argc; i++) {
        const char *value;
        enum argument argument = find_argument(argv[i], &value);

        if (argument == ARGUMENT_COUNT || seen[argument] || !parse_value(options, argument, value)) {
            return argv[i];
        }
        seen[argument] = true;
    }
    return NULL;
}
