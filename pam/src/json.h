/*
 * Strict JSON (RFC 8259) for small documents of bounded size, depth and number of values.
 *
 * Refused beyond the grammar: ill-formed UTF-8, unpaired surrogates, NUL in a string, duplicate keys, numbers of more
 * than JSON_MAXIMUM_NUMBER_LENGTH characters.
 */
#ifndef SEMBLANCE_JSON_H
#define SEMBLANCE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define JSON_MAXIMUM_VALUES 128
#define JSON_MAXIMUM_DEPTH 8
#define JSON_MAXIMUM_NUMBER_LENGTH 32

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

enum json_error {
    JSON_OK,
    JSON_SYNTAX,
    JSON_ILL_FORMED_TEXT,
    JSON_DUPLICATE_KEY,
    JSON_TOO_DEEP,
    JSON_TOO_MANY_VALUES,
    JSON_NUMBER_TOO_LONG,
    JSON_TRAILING_BYTES,
};

struct json_value {
    enum json_type type;
    size_t parent;    /* index of the enclosing value; the root is its own parent */
    const char *key;  /* in an object: the decoded key, terminated */
    const char *text; /* a string: decoded, terminated; a number: its characters, not terminated */
    size_t length;    /* of `text` */
};

struct json_document {
    size_t count;
    struct json_value values[JSON_MAXIMUM_VALUES]; /* in document order, the root first */
};

/* Parses the whole of `text`, decoding strings in place: the values point into it. */
enum json_error json_parse(struct json_document *document, char *text, size_t length);

/* The member of an object by its key, or NULL. A member that is null counts as absent. */
const struct json_value *json_member(
    const struct json_document *document, const struct json_value *object, const char *key);

/* The element of an array by its place, from 0, or NULL. */
const struct json_value *json_element(
    const struct json_document *document, const struct json_value *array, size_t place);

/* Reads a number written as an integer between `minimum` and `maximum`. */
bool json_integer(const struct json_value *value, int64_t minimum, int64_t maximum, int64_t *result);

/* Appends `text` (well-formed UTF-8) as a JSON string, in ASCII for everything below U+0080 that needs an escape. */
bool json_append_string(struct buffer *output, const char *text);

#endif
