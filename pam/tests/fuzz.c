/*
 * Mutation fuzzing of the reply parser: fuzz ITERATIONS SEED. Whatever it is fed, it must stay inside its memory (the
 * sanitizers watch in check-asan), hold its invariants, and accept again what it has accepted and written itself.
 *
 * Built with -DSEMBLANCE_LIBFUZZER -fsanitize=fuzzer, it is a libFuzzer target.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json.h"
#include "text.h"

#define LONGEST 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

/* Writes a value back as JSON. */
static bool write_value(struct buffer *output, const struct json_document *document, size_t index) {
    static const char *const words[] = {[JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"};
    const struct json_value *value = &document->values[index];
    bool object = value->type == JSON_OBJECT;
    bool first = true;

    if (value->type == JSON_STRING) {
        return json_append_string(output, value->text);
    }
    if (value->type == JSON_NUMBER) {
        return buffer_append(output, value->text, value->length);
    }
    if (value->type != JSON_ARRAY && !object) {
        return buffer_append(output, words[value->type], strlen(words[value->type]));
    }
    if (!buffer_append(output, object ? "{" : "[", 1)) {
        return false;
    }
    for (size_t i = index + 1; i < document->count; i++) {
        if (document->values[i].parent != index) {
            continue;
        }
        if ((!first && !buffer_append(output, ",", 1))
            || (object && (!json_append_string(output, document->values[i].key) || !buffer_append(output, ":", 1)))
            || !write_value(output, document, i)) {
            return false;
        }
        first = false;
    }
    return buffer_append(output, object ? "}" : "]", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_document document;
    struct json_document again;
    struct buffer written;
    char *text = malloc(size > 0 ? size : 1);
    int64_t integer;

    require(text != NULL, "out of memory");
    memcpy(text, data, size);
    if (json_parse(&document, text, size) == JSON_OK) {
        require(document.count >= 1 && document.count <= JSON_MAXIMUM_VALUES, "count out of bounds");
        for (size_t i = 0; i < document.count; i++) {
            const struct json_value *value = &document.values[i];
            const struct json_value *parent = &document.values[value->parent];

            require(i == 0 || value->parent < i, "a value before its parent");
            require(i == 0 || parent->type == JSON_OBJECT || parent->type == JSON_ARRAY, "a parent without members");
            require(i == 0 || (parent->type == JSON_OBJECT) == (value->key != NULL), "a key out of place");
            if (value->type == JSON_STRING) {
                require(strlen(value->text) == value->length, "NUL in a string");
                (void)text_is_base64(value->text, value->length);
                (void)text_is_name(value->text, 255);
            }
            if (value->type == JSON_NUMBER) {
                require(value->length > 0 && value->length <= JSON_MAXIMUM_NUMBER_LENGTH, "a long number");
                (void)json_integer(value, INT64_MIN, INT64_MAX, &integer);
            }
        }
        buffer_initialise(&written, 16 * (size + 16));
        require(write_value(&written, &document, 0), "cannot be written");
        require(json_parse(&again, written.bytes, written.count) == JSON_OK, "refuses its own writing");
        require(again.count == document.count, "loses values");
        for (size_t i = 0; i < document.count; i++) {
            const struct json_value *one = &document.values[i];
            const struct json_value *other = &again.values[i];

            require(one->type == other->type && one->parent == other->parent && one->length == other->length
                        && (one->length == 0 || memcmp(one->text, other->text, one->length) == 0)
                        && (one->key == NULL || strcmp(one->key, other->key) == 0),
                "changes values");
        }
        buffer_release(&written);
    }
    free(text);
    return 0;
}

#ifndef SEMBLANCE_LIBFUZZER

static uint64_t random_state;

/* SplitMix64 */
static size_t random_below(size_t bound) {
    uint64_t z = random_state += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (size_t)((z ^ z >> 31) % bound);
}

int main(int argc, char **argv) {
    static const char *const seeds[] = {"{\"parameters\":{\"challenge\":\"AAAA\"}}",
        ("{\"parameters\":{\"stage\":\"capture\",\"message\":\"look "
         "\\u00e9\\ud83d\\ude00\",\"fraction\":0.25},\"continues\":true}"),
        "{\"error\":\"org.semblance.Prover.LockedOut\",\"parameters\":{\"retryAfterSeconds\":30}}",
        "{\"parameters\":{\"verdict\":\"biometric\",\"more\":[1,-2.5e3,null,true,false,{\"a\":[]}]}}",
        "[[[[[[[\"deep \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"]]]]]]]"};
    static const char *const pieces[] = {"\"", "\\", "{", "}", "[", "]", ":", ",", "\\u", "\\ud83d", "\\u0000", "null",
        "1e99", "-", "\xC3", "\xF4\x90", "\x00", "\x1F", "\"a\":1,", "[[[[[[[[", "0000", "9223372036854775808", "\\\"",
        " "};
    uint8_t text[LONGEST];
    size_t accepted = 0;
    long iterations = argc == 3 ? atol(argv[1]) : 0;

    random_state = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    for (long i = 0; i < iterations; i++) {
        const char *seed = seeds[random_below(sizeof seeds / sizeof *seeds)];
        size_t length = strlen(seed);
        struct json_document document;

        memcpy(text, seed, length);
        for (size_t mutations = random_below(6); mutations > 0; mutations--) {
            size_t position = random_below(length + 1);
            const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
            size_t size = strlen(piece) > 0 ? strlen(piece) : 1;
            size_t removed = random_below(8);

            switch (random_below(4)) {
            case 0:
                if (position < length) {
                    text[position] = (uint8_t)random_below(256);
                }
                break;
            case 1:
                if (removed > length - position) {
                    removed = length - position;
                }
                memmove(text + position, text + position + removed, length - position - removed);
                length -= removed;
                break;
            case 2:
                if (length + size <= LONGEST) {
                    memmove(text + position + size, text + position, length - position);
                    memcpy(text + position, piece, size);
                    length += size;
                }
                break;
            default: length = position; break;
            }
        }
        LLVMFuzzerTestOneInput(text, length);
        accepted += json_parse(&document, (char *)text, length) == JSON_OK;
    }
    printf("%s fuzz.json_parser_survives_mutations (%ld inputs, %zu accepted, seed %s)\n",
        iterations > 0 && accepted > 0 && accepted < (size_t)iterations ? "ok" : "FAIL", iterations, accepted,
        argc == 3 ? argv[2] : "none");
    return !(iterations > 0 && accepted > 0);
}

#endif
