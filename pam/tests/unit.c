/*
 * The parts by themselves: text, JSON, arguments, outcomes, buffers. One line per test.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <security/pam_modules.h>

#include "args.h"
#include "buffer.h"
#include "host.h"
#include "json.h"
#include "outcome.h"
#include "text.h"
#include "wait.h"
#include "words.h"

static bool passing;

#define CHECK(condition)                                             \
    do {                                                             \
        if (!(condition)) {                                          \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            passing = false;                                         \
        }                                                            \
    } while (0)

static enum json_error parse_bytes(struct json_document *document, const char *text, size_t length) {
    /* In a block of its own size, so that the sanitizer sees a read beyond the end. The parse points into it: leaked.
     */
    static char *kept[512];
    static size_t count;
    char *copy = malloc(length > 0 ? length : 1);

    if (copy == NULL) {
        abort();
    }
    free(kept[count % 512]);
    kept[count++ % 512] = copy;
    memcpy(copy, text, length);
    return json_parse(document, copy, length);
}

static enum json_error parse(struct json_document *document, const char *text) {
    return parse_bytes(document, text, strlen(text));
}

static void json_accepts_every_kind_of_value(void) {
    struct json_document document;
    const struct json_value *root = &document.values[0];
    const struct json_value *inner;

    CHECK(parse(&document, " {\"a\":null,\"b\":[true,false,-0.5e+3],\"c\":{\"d\":\"e\"},\"\":1} ") == JSON_OK);
    CHECK(json_member(&document, root, "a") == NULL);
    CHECK(json_member(&document, root, "b")->type == JSON_ARRAY);
    inner = json_member(&document, root, "c");
    CHECK(strcmp(json_member(&document, inner, "d")->text, "e") == 0);
    CHECK(json_member(&document, root, "d") == NULL);
    CHECK(json_member(&document, root, "")->type == JSON_NUMBER);
    CHECK(json_member(&document, NULL, "a") == NULL);
    CHECK(json_member(&document, json_member(&document, root, "b"), "a") == NULL);
}

static void json_decodes_escapes(void) {
    struct json_document document;

    CHECK(parse(&document, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"") == JSON_OK);
    CHECK(strcmp(document.values[0].text, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == 0);
    CHECK(document.values[0].length == strlen(document.values[0].text));
}

static void json_refuses_bad_grammar(void) {
    static const char *const wrong[] = {"", " ", "{", "}", "[", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
        "[1,]", "[,1]", "[1 2]", "{\"a\" 1}", "{'a':1}", "tru", "nul", "falsy", "True", "+1", "-", "01", "-01", "1.",
        ".5", "1e", "1e+", "0x10", "NaN", "Infinity", "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\\", "\"\\u", "\"a\nb\"", "\"\x01\"", "/**/1", "\xEF\xBB\xBF{}"};
    struct json_document document;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        enum json_error error = parse(&document, wrong[i]);

        if (error != JSON_SYNTAX && error != JSON_TRAILING_BYTES) {
            printf("# accepted: %s\n", wrong[i]);
            passing = false;
        }
    }
}

static void json_refuses_trailing_bytes(void) {
    struct json_document document;

    CHECK(parse(&document, "{} {}") == JSON_TRAILING_BYTES);
    CHECK(parse(&document, "1 x") == JSON_TRAILING_BYTES);
    CHECK(parse_bytes(&document, "{}\0", 3) == JSON_TRAILING_BYTES);
}

static void json_refuses_ill_formed_text(void) {
    static const char *const wrong[] = {"\"\x80\"", "\"\xC0\xAF\"", "\"\xC1\xBF\"", "\"\xE0\x80\xAF\"",
        "\"\xED\xA0\x80\"", "\"\xF0\x80\x80\xAF\"", "\"\xF4\x90\x80\x80\"", "\"\xF8\x88\x80\x80\x80\"", "\"\xFF\"",
        "\"\xC3\"", "\"\xE2\x82\"", "\"\\uD83D\"", "\"\\uD83Dx\"", "\"\\uD83D\\n\"", "\"\\uD83D\\u0041\"",
        "\"\\uDE00\"", "\"\\u0000\""};
    struct json_document document;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (parse(&document, wrong[i]) != JSON_ILL_FORMED_TEXT) {
            printf("# case %zu\n", i);
            passing = false;
        }
    }
    CHECK(parse_bytes(&document, "\"a\0b\"", 5) == JSON_SYNTAX);
    CHECK(parse_bytes(&document, "\"\\\0\"", 4) == JSON_SYNTAX);
}

static void json_refuses_duplicate_keys(void) {
    struct json_document document;

    CHECK(parse(&document, "{\"a\":1,\"a\":1}") == JSON_DUPLICATE_KEY);
    CHECK(parse(&document, "{\"a\":1,\"\\u0061\":1}") == JSON_DUPLICATE_KEY);
    CHECK(parse(&document, "{\"b\":{\"a\":1,\"c\":{},\"a\":2}}") == JSON_DUPLICATE_KEY);
    CHECK(parse(&document, "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}") == JSON_OK);
}

static void json_bounds_depth(void) {
    struct json_document document;

    CHECK(parse(&document, "[[[[[[[0]]]]]]]") == JSON_OK);
    CHECK(parse(&document, "[[[[[[[[0]]]]]]]]") == JSON_TOO_DEEP);
    CHECK(parse(&document, "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}") == JSON_TOO_DEEP);
}

static void json_bounds_the_number_of_values(void) {
    struct json_document document;
    char text[512] = "[";

    for (int i = 1; i < JSON_MAXIMUM_VALUES; i++) {
        strcat(text, i == 1 ? "0" : ",0");
    }
    strcat(text, "]");
    CHECK(parse(&document, text) == JSON_OK && document.count == JSON_MAXIMUM_VALUES);
    strcpy(text + strlen(text) - 1, ",0]");
    CHECK(parse(&document, text) == JSON_TOO_MANY_VALUES);
}

static void json_bounds_numbers(void) {
    struct json_document document;
    const struct json_value *root = &document.values[0];
    int64_t value = 0;

    CHECK(parse(&document, "12345678901234567890123456789012") == JSON_OK);
    CHECK(!json_integer(root, 0, INT64_MAX, &value));
    CHECK(parse(&document, "123456789012345678901234567890123") == JSON_NUMBER_TOO_LONG);
    CHECK(parse(&document, "9223372036854775807") == JSON_OK && json_integer(root, 0, INT64_MAX, &value));
    CHECK(value == INT64_MAX);
    CHECK(parse(&document, "9223372036854775808") == JSON_OK && !json_integer(root, 0, INT64_MAX, &value));
    CHECK(parse(&document, "-5") == JSON_OK && json_integer(root, -5, 0, &value) && value == -5);
    CHECK(!json_integer(root, -4, 0, &value));
    CHECK(parse(&document, "5") == JSON_OK && !json_integer(root, 0, 4, &value));
    CHECK(parse(&document, "1.0") == JSON_OK && !json_integer(root, 0, 9, &value));
    CHECK(parse(&document, "1e1") == JSON_OK && !json_integer(root, 0, 99, &value));
    CHECK(parse(&document, "\"1\"") == JSON_OK && !json_integer(root, 0, 9, &value));
    CHECK(!json_integer(NULL, 0, 9, &value));
}

static void json_writes_what_it_reads(void) {
    static const char hostile[] = "\"\\/\b\n\x01\x7F%s%n\xC3\xA9\xF0\x9F\x98\x80";
    struct json_document document;
    struct buffer buffer;

    buffer_initialise(&buffer, 256);
    CHECK(json_append_string(&buffer, hostile));
    CHECK(parse_bytes(&document, buffer.bytes, buffer.count) == JSON_OK);
    CHECK(strcmp(document.values[0].text, hostile) == 0);
    buffer_release(&buffer);
}

static void base64_is_checked(void) {
    static const char *const right[] = {"AAAA", "Zg==", "Zm8=", "Zm9v", "+/+/", "Zm9vYg=="};
    static const char *const wrong[] = {"", "A", "AA", "AAA", "AAAAA", "A===", "====", "AA=A", "=AAA", "AA==AAAA",
        "Zh==", "Zm9=", "AA-_", "AA A", "AAA\n", "AAAA====", "AAA\xC3"};

    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        CHECK(text_is_base64(right[i], strlen(right[i])));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!text_is_base64(wrong[i], strlen(wrong[i])));
    }
}

static void names_are_checked(void) {
    CHECK(text_is_name("alice", 5) && !text_is_name("alice", 4) && !text_is_name("", 5));
    CHECK(text_is_name("../x -y a/b %s%n \xC3\xA9", 255));
    CHECK(!text_is_name("a\nb", 255) && !text_is_name("a\x1B[2J", 255) && !text_is_name("a\x7F", 255));
    CHECK(!text_is_name("a\xC2\x9B", 255) && !text_is_name("a\xFF", 255));
}

/* The bytes of `digits`, terminated; how many there are, or 0. */
static size_t from_hexadecimal(char *bytes, size_t capacity, const char *digits) {
    size_t count = 0;
    unsigned value = 0;

    while (count + 1 < capacity && sscanf(digits + 2 * count, "%2x", &value) == 1) {
        bytes[count++] = (char)value;
    }
    bytes[count] = '\0';
    return count;
}

/* The table that the daemons' rule is tested by as well. */
static void names_follow_the_shared_table(void) {
    char line[512];
    char verdict[16];
    char digits[256];
    char name[128];
    char shown[128];
    int count = 0;
    FILE *table = fopen(SEMBLANCE_NAMES, "r");

    CHECK(table != NULL);
    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        if (*line == '#') {
            continue;
        }
        CHECK(sscanf(line, "%15s %255s", verdict, digits) == 2);
        CHECK(from_hexadecimal(name, sizeof name, digits) == strlen(digits) / 2);
        text_for_display(shown, sizeof shown, name);
        bool accepted = text_is_name(name, 255);
        bool unchanged = strcmp(shown, name) == 0;
        bool refuses = strcmp(verdict, "refused") == 0;

        if (accepted == refuses || unchanged == refuses) {
            printf("# %s", line);
            passing = false;
        }
        count++;
    }
    CHECK(count > 80);
    if (table != NULL) {
        fclose(table);
    }
}

static void display_is_made_harmless(void) {
    char text[16];

    text_for_display(text, sizeof text, "a\x1B[2J\xC2\x9B\xE2\x80\xAE\xFFz");
    CHECK(strcmp(text, "a?[2J???z") == 0);
    text_for_display(text, 5, "\xC3\xA9\xC3\xA9\xC3\xA9");
    CHECK(strcmp(text, "\xC3\xA9\xC3\xA9") == 0);
    text_for_display(text, 4, "\xC3\xA9\xC3\xA9");
    CHECK(strcmp(text, "\xC3\xA9") == 0);
    text_for_display(text, sizeof text, "a\n%s");
    CHECK(strcmp(text, "a?%s") == 0);
}

static bool accepts(const char *argument) {
    struct options options;

    return options_parse(&options, 1, &argument) == NULL;
}

static void arguments_have_defaults(void) {
    struct options options;

    CHECK(options_parse(&options, 0, NULL) == NULL);
    CHECK(options.timeout == 30 && options.maximum_tries == 3);
    CHECK(strcmp(options.verifier, "/run/semblance/verifier") == 0);
    CHECK(strcmp(options.prover, "/run/semblance/prover") == 0);
    CHECK(options.modality == NULL && options.label == NULL);
    CHECK(!options.possession_suffices && !options.confirm && !options.debug);
}

static void arguments_are_read(void) {
    static const char *all[] = {"timeout=100", "max-tries=9", "verifier=/a/b", "prover=/c", "modality=fingerprint",
        "label=left index", "require=possession", "confirm", "debug"};
    struct options options;

    CHECK(options_parse(&options, 9, all) == NULL);
    CHECK(options.timeout == 100 && options.maximum_tries == 9);
    CHECK(strcmp(options.verifier, "/a/b") == 0 && strcmp(options.prover, "/c") == 0);
    CHECK(strcmp(options.modality, "fingerprint") == 0 && strcmp(options.label, "left index") == 0);
    CHECK(options.possession_suffices && options.confirm && options.debug);
    CHECK(accepts("require=biometric") && accepts("modality=face"));
}

static void argument_numbers_are_strict(void) {
    static const char *const right[] = {"timeout=1", "timeout=9", "timeout=10", "timeout=99", "timeout=100",
        "timeout=300", "max-tries=1", "max-tries=10"};
    static const char *const wrong[] = {"timeout=", "timeout=0", "timeout=-1", "timeout=+1", "timeout=x", "timeout=1x",
        "timeout= 1", "timeout=01", "timeout=301", "timeout=1000", "timeout=18446744073709551617", "timeout=1.5",
        "timeout", "max-tries=0", "max-tries=11", "max-tries=-1", "max-tries=", "max-tries"};

    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        CHECK(accepts(right[i]));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!accepts(wrong[i]));
    }
}

static void argument_paths_are_strict(void) {
    static const char *const wrong[] = {"verifier=", "verifier=/", "verifier=a", "verifier=@a", "verifier=./a",
        "verifier=/a/", "verifier=//a", "verifier=/a//b", "verifier=/a/./b", "verifier=/a/../b", "verifier=/..",
        "verifier=/a\nb", "prover="};
    char longest[sizeof "prover=" + 108] = "prover=/";

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!accepts(wrong[i]));
    }
    memset(longest + 8, 'a', 106);
    CHECK(accepts(longest));
    memset(longest + 8, 'a', 107);
    CHECK(!accepts(longest));
    CHECK(accepts("verifier=/...") && accepts("verifier=/a.b/..c"));
}

static void unknown_arguments_are_refused(void) {
    static const char *const wrong[] = {"", "x", "Debug", "debug=on", "debugger", "confirm=1",
        "require=", "require=none", "require=Biometric", "requre=biometric", "modality=", "modality=iris",
        "modality=faces", "label=", "label=a\nb", "nouserok", "alwaysok", "socket=/a", "timeout =1"};
    const char *twice[] = {"timeout=5", "debug", "timeout=6"};
    struct options options;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!accepts(wrong[i]));
    }
    CHECK(options_parse(&options, 3, twice) == twice[2]);
}

/* The table of return codes: every outcome has exactly the code written here. */
static void outcomes_have_their_codes(void) {
    static const struct {
        enum outcome outcome;
        int code;
    } table[] = {
        {OUTCOME_ACCEPTED, PAM_SUCCESS},
        {OUTCOME_NO_MATCH, PAM_AUTH_ERR},
        {OUTCOME_PROOF_REFUSED, PAM_AUTH_ERR},
        {OUTCOME_VERDICT_TOO_WEAK, PAM_AUTH_ERR},
        {OUTCOME_TRIES_USED_UP, PAM_MAXTRIES},
        {OUTCOME_LOCKED_OUT, PAM_MAXTRIES},
        {OUTCOME_TOO_MANY_PROOFS, PAM_MAXTRIES},
        {OUTCOME_REMOTE, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_UNATTENDED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_NOT_PRESENT, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_PASSWORD_FIRST, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_NO_CONSENT, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_CONSENT_REFUSED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_PASSWORD_INSTEAD, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_TIMED_OUT, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_CANCELLED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_NOT_ENROLLED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_NOT_AUTHORISED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_CHALLENGE_REFUSED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_CHALLENGE_MISMATCH, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_VERIFIER_KEY_CHANGED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_NO_SENSOR, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_POOR_SAMPLE, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_BUSY, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_OVERLOADED, PAM_AUTHINFO_UNAVAIL},
        {OUTCOME_BAD_USER_NAME, PAM_USER_UNKNOWN},
        {OUTCOME_BAD_SERVICE_NAME, PAM_SERVICE_ERR},
        {OUTCOME_MISCONFIGURED, PAM_SERVICE_ERR},
        {OUTCOME_UNTRUSTED_SOCKET, PAM_SERVICE_ERR},
        {OUTCOME_CONVERSATION_FAILED, PAM_CONV_ERR},
        {OUTCOME_OUT_OF_MEMORY, PAM_BUF_ERR},
        {OUTCOME_SYSTEM_FAILURE, PAM_SYSTEM_ERR},
        {OUTCOME_PROTOCOL_VIOLATION, PAM_SYSTEM_ERR},
    };

    CHECK(sizeof table / sizeof *table == OUTCOME_ACCEPTED + 1);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK(outcome_pam_code(table[i].outcome) == table[i].code);
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(outcome_description(table[i].outcome), outcome_description(table[j].outcome)) != 0);
        }
    }
    CHECK(outcome_pam_code((enum outcome)99) == PAM_SYSTEM_ERR);
    CHECK(outcome_pam_code((enum outcome)0) != PAM_SUCCESS);
}

static void no_error_reply_means_success(void) {
    static const char *const errors[] = {"", "x", "org.semblance.Verifier.", "org.semblance.Verifier.AlreadyEnrolled",
        "org.semblance.Verifier.NoMatch", "org.semblance.Verifier.busy", "org.semblance.Prover.Busy.",
        "org.varlink.service.", "org.semblance.Sensor.Busy"};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        CHECK(outcome_of_error(SERVICE_VERIFIER, errors[i]) == OUTCOME_PROTOCOL_VIOLATION);
        CHECK(outcome_of_error(SERVICE_PROVER, errors[i]) == OUTCOME_PROTOCOL_VIOLATION);
    }
    for (int number = 0; number < 256; number++) {
        CHECK(outcome_of_errno(number) != OUTCOME_ACCEPTED);
    }
}

static void errors_belong_to_their_service(void) {
    CHECK(outcome_of_error(SERVICE_VERIFIER, "org.semblance.Verifier.LockedOut") == OUTCOME_LOCKED_OUT);
    CHECK(outcome_of_error(SERVICE_PROVER, "org.semblance.Verifier.LockedOut") == OUTCOME_PROTOCOL_VIOLATION);
    CHECK(outcome_of_error(SERVICE_PROVER, "org.semblance.Prover.NoMatch") == OUTCOME_NO_MATCH);
    CHECK(outcome_of_error(SERVICE_VERIFIER, "org.semblance.Prover.NoMatch") == OUTCOME_PROTOCOL_VIOLATION);
}

static bool presents(const char *modality, const char *label, const char *expected) {
    const struct words_enrolment enrolment = {modality, label};
    char words[WORDS_TO_PRESENT];

    words_to_present(words, &enrolment, 1);
    return strcmp(words, expected) == 0;
}

static bool present(const struct words_enrolment *enrolments, size_t count, const char *expected) {
    char words[WORDS_TO_PRESENT];

    words_to_present(words, enrolments, count);
    return strcmp(words, expected) == 0;
}

static void all_enrolments_are_named(void) {
    static const struct words_enrolment some[] = {
        {"fingerprint", "right-index"}, {"fingerprint", "left-thumb"}, {"face", "glasses"}, {"face", "default"}};
    static const char long_label[] = "0123456789012345678901234567890123456789012345678901234567890123";
    static const struct words_enrolment lengthy[] = {{"fingerprint", long_label}, {"fingerprint", "left-thumb"},
        {"fingerprint", long_label + 1}, {"face", NULL}, {"fingerprint", "a"}, {"fingerprint", "right-little"},
        {"fingerprint", "b"}, {"fingerprint", "c"}};
    struct words_enrolment many[20];

    CHECK(present(some, 1, "your right index finger"));
    CHECK(present(some, 2, "your right index finger or your left thumb"));
    CHECK(present(some, 3, "your right index finger, your left thumb or your face"));
    CHECK(present(some, 4, "your right index finger, your left thumb or your face"));
    CHECK(present(some + 2, 2, "your face"));
    CHECK(present(lengthy, 8, "any finger or face that you have enrolled"));
    for (size_t i = 0; i < 20; i++) {
        many[i] = (struct words_enrolment){"fingerprint", i % 2 == 0 ? "a" : "b"};
    }
    CHECK(present(many, 20, "your finger \"a\" or your finger \"b\""));
}

static void elements_are_found(void) {
    char text[] = "{\"a\":[1,[2,3],{\"b\":4}],\"c\":[]}";
    struct json_document document;
    const struct json_value *array;

    CHECK(json_parse(&document, text, sizeof text - 1) == JSON_OK);
    array = json_member(&document, document.values, "a");
    CHECK(json_element(&document, array, 0)->type == JSON_NUMBER
          && json_element(&document, array, 1)->type == JSON_ARRAY);
    CHECK(json_element(&document, array, 2)->type == JSON_OBJECT && json_element(&document, array, 3) == NULL);
    CHECK(json_element(&document, json_element(&document, array, 1), 1)->text[0] == '3');
    CHECK(json_element(&document, json_member(&document, document.values, "c"), 0) == NULL);
    CHECK(json_element(&document, document.values, 0) == NULL && json_element(&document, NULL, 0) == NULL);
}

static void fingers_are_named(void) {
    char longest[256];
    char words[WORDS_TO_PRESENT];

    CHECK(presents(NULL, NULL, "your face or finger") && presents("iris", "left", "your face or finger"));
    CHECK(presents("face", NULL, "your face") && presents("face", "glasses", "your face"));
    CHECK(presents("fingerprint", NULL, "your finger") && presents("fingerprint", "default", "your finger"));
    CHECK(presents("fingerprint", "right-index", "your right index finger"));
    CHECK(presents("fingerprint", "left-thumb", "your left thumb"));
    CHECK(presents("fingerprint", "left-little-finger", "your left little finger"));
    CHECK(presents("fingerprint", "right-thumb-x", "your finger \"right-thumb-x\""));
    CHECK(presents("fingerprint", "right", "your finger \"right\""));
    CHECK(presents("fingerprint", "left-", "your finger \"left-\""));
    CHECK(presents("fingerprint", "work", "your finger \"work\"") && presents("fingerprint", "", "your finger \"\""));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    words_to_present(words, &(struct words_enrolment){"fingerprint", longest}, 1);
    CHECK(strlen(words) == strlen("your finger \"\"") + 64);
}

static void buffers_are_bounded(void) {
    struct buffer buffer;

    buffer_initialise(&buffer, 8);
    CHECK(buffer_append(&buffer, "12345678", 8) && !buffer_append(&buffer, "9", 1) && buffer_append(&buffer, "", 0));
    buffer_discard(&buffer, 3);
    CHECK(buffer.count == 5 && memcmp(buffer.bytes, "45678", 5) == 0 && memcmp(buffer.bytes + 5, "\0\0\0", 3) == 0);
    CHECK(!buffer_reserve(&buffer, SIZE_MAX) && !buffer_reserve(&buffer, 4) && buffer_reserve(&buffer, 3));
    buffer_release(&buffer);
    CHECK(buffer.bytes == NULL && buffer.count == 0 && buffer.maximum == 8);
}

static void waits_end_at_the_deadline(void) {
    int64_t deadline = deadline_after(250);

    CHECK(wait_milliseconds(20, deadline) == WAIT_READY && !deadline_has_passed(deadline));
    CHECK(wait_milliseconds(5000, deadline) == WAIT_TIMED_OUT && deadline_has_passed(deadline));
    CHECK(wait_milliseconds(5000, deadline) == WAIT_TIMED_OUT);
    CHECK(!deadline_has_passed(deadline_after(1000)) && deadline_has_passed(deadline));
}

static void pending_signals_cancel(void) {
    static const int numbers[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    const struct timespec no_time = {0, 0};
    sigset_t blocked;
    sigset_t before;
    sigset_t none;

    sigemptyset(&none);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaddset(&blocked, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &before);
    CHECK(!cancellation_is_pending(&blocked) && !cancellation_awaits_host(&none));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        bool taken = numbers[i] == SIGINT || numbers[i] == SIGQUIT;

        raise(numbers[i]);
        CHECK(!cancellation_is_pending(&none) && cancellation_awaits_host(&none));
        CHECK(!cancellation_awaits_host(&blocked));
        CHECK(wait_milliseconds(20, deadline_after(1000)) == WAIT_CANCELLED);
        CHECK(cancellation_is_pending(&blocked) == !taken);
        CHECK((sigtimedwait(&blocked, NULL, &no_time) == numbers[i]) == !taken);
        CHECK(wait_milliseconds(20, deadline_after(1000)) == WAIT_READY);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void sudos_arguments_are_read(void) {
#define ARGUMENTS(text) sudo_reads_terminal(text, sizeof text)
    CHECK(ARGUMENTS("sudo\0tee\0f"));
    CHECK(ARGUMENTS("sudo\0tee\0-S"));
    CHECK(ARGUMENTS("sudo\0-k\0-uALICE\0tee\0-A"));
    CHECK(ARGUMENTS("sudo\0-p\0-S\0tee"));
    CHECK(ARGUMENTS("sudo\0-kp-S\0tee"));
    CHECK(ARGUMENTS("sudo\0--\0-S"));
    CHECK(ARGUMENTS("sudo\0A=b\0-k\0--user=S\0--login"));
    CHECK(ARGUMENTS("sudo\0-\0-S"));
    CHECK(ARGUMENTS("-S\0-s"));
    CHECK(ARGUMENTS(""));
    CHECK(!ARGUMENTS("sudo\0-S"));
    CHECK(!ARGUMENTS("sudo\0-kSp\0tee"));
    CHECK(!ARGUMENTS("sudo\0-A\0tee"));
    CHECK(!ARGUMENTS("sudo\0-u\0root\0-nS\0tee"));
    CHECK(!ARGUMENTS("sudo\0A=b\0-S\0tee"));
    CHECK(!ARGUMENTS("sudo\0--stdin\0tee"));
    CHECK(!ARGUMENTS("sudo\0--askpass\0tee"));
    /* Abbreviated, with a value in the next word, or unheard of. */
    CHECK(!ARGUMENTS("sudo\0--st\0tee"));
    CHECK(!ARGUMENTS("sudo\0--user\0root\0tee"));
    CHECK(!ARGUMENTS("sudo\0--future\0tee"));
    CHECK(!ARGUMENTS("sudo\0-n\0tee"));
    /* Cut short. */
    CHECK(!sudo_reads_terminal("sudo\0tee", 8));
    CHECK(!sudo_reads_terminal("", 0));
#undef ARGUMENTS
#define ARGUMENTS(text) sudo_never_asks(text, sizeof text)
    CHECK(ARGUMENTS("sudo\0-n\0tee"));
    CHECK(ARGUMENTS("sudo\0-kn\0tee"));
    CHECK(ARGUMENTS("sudo\0-S\0A=b\0-nu\0root\0tee"));
    CHECK(ARGUMENTS("sudo\0--non-interactive\0tee"));
    CHECK(ARGUMENTS("sudo\0--user\0root\0--group=a\0--non\0tee"));
    CHECK(!ARGUMENTS("sudo\0tee\0-n"));
    CHECK(!ARGUMENTS("sudo\0-un\0tee"));
    CHECK(!ARGUMENTS("sudo\0-p\0-n\0tee"));
    CHECK(!ARGUMENTS("sudo\0--no-update\0--\0-n"));
    CHECK(!ARGUMENTS(""));
#undef ARGUMENTS
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
#define TEST(name) {#name, name}
        TEST(json_accepts_every_kind_of_value),
        TEST(json_decodes_escapes),
        TEST(json_refuses_bad_grammar),
        TEST(json_refuses_trailing_bytes),
        TEST(json_refuses_ill_formed_text),
        TEST(json_refuses_duplicate_keys),
        TEST(json_bounds_depth),
        TEST(json_bounds_the_number_of_values),
        TEST(json_bounds_numbers),
        TEST(json_writes_what_it_reads),
        TEST(base64_is_checked),
        TEST(names_are_checked),
        TEST(names_follow_the_shared_table),
        TEST(display_is_made_harmless),
        TEST(arguments_have_defaults),
        TEST(arguments_are_read),
        TEST(argument_numbers_are_strict),
        TEST(argument_paths_are_strict),
        TEST(unknown_arguments_are_refused),
        TEST(outcomes_have_their_codes),
        TEST(no_error_reply_means_success),
        TEST(errors_belong_to_their_service),
        TEST(fingers_are_named),
        TEST(all_enrolments_are_named),
        TEST(elements_are_found),
        TEST(pending_signals_cancel),
        TEST(sudos_arguments_are_read),
        TEST(buffers_are_bounded),
        TEST(waits_end_at_the_deadline),
    };
    int failures = 0;

    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        passing = true;
        tests[i].run();
        printf("%s unit.%s\n", passing ? "ok" : "FAIL", tests[i].name);
        failures += !passing;
    }
    return failures > 0;
}
