#include "json.h"

#include <string.h>

#include "text.h"

struct parser {
    struct json_document *document;
    char *text;
    size_t position;
    size_t length;
};

static enum json_error parse_value(struct parser *parser, size_t parent, const char *key, size_t depth);

static bool at_end(const struct parser *parser) {
    return parser->position == parser->length;
}

/* Consumes `expected` if it is next. */
static bool take(struct parser *parser, char expected) {
    if (at_end(parser) || parser->text[parser->position] != expected) {
        return false;
    }
    parser->position++;
    return true;
}

static bool take_word(struct parser *parser, const char *word) {
    size_t length = strlen(word);

    if (parser->length - parser->position < length || memcmp(parser->text + parser->position, word, length) != 0) {
        return false;
    }
    parser->position += length;
    return true;
}

static void skip_space(struct parser *parser) {
    while (take(parser, ' ') || take(parser, '\t') || take(parser, '\n') || take(parser, '\r')) {
    }
}

/* Consumes decimal digits and returns how many. */
static size_t take_digits(struct parser *parser) {
    size_t start = parser->position;

    while (!at_end(parser) && parser->text[parser->position] >= '0' && parser->text[parser->position] <= '9') {
        parser->position++;
    }
    return parser->position - start;
}

static bool take_hexadecimal(struct parser *parser, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char digit;
        uint32_t nibble;

        if (at_end(parser)) {
            return false;
        }
        digit = parser->text[parser->position++];
        if (digit >= '0' && digit <= '9') {
            nibble = (uint32_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            nibble = (uint32_t)(digit - 'a' + 10);
        } else if (digit >= 'A' && digit <= 'F') {
            nibble = (uint32_t)(digit - 'A' + 10);
        } else {
            return false;
        }
        *value = *value << 4 | nibble;
    }
    return true;
}

/* What follows a backslash, as a scalar value. */
static enum json_error take_escape(struct parser *parser, uint32_t *scalar) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    uint32_t low;

    if (at_end(parser)) {
        return JSON_SYNTAX;
    }
    if (take(parser, 'u')) {
        if (!take_hexadecimal(parser, scalar)) {
            return JSON_SYNTAX;
        }
        if (*scalar >= 0xD800 && *scalar <= 0xDBFF) {
            if (!take(parser, '\\') || !take(parser, 'u') || !take_hexadecimal(parser, &low) || low < 0xDC00
                || low > 0xDFFF) {
                return JSON_ILL_FORMED_TEXT;
            }
            *scalar = 0x10000 + ((*scalar - 0xD800) << 10) + (low - 0xDC00);
        } else if (*scalar == 0 || (*scalar >= 0xDC00 && *scalar <= 0xDFFF)) {
            return JSON_ILL_FORMED_TEXT;
        }
        return JSON_OK;
    }
    if (parser->text[parser->position] == '\0') {
        return JSON_SYNTAX;
    }
    letter = strchr(letters, parser->text[parser->position]);
    if (letter == NULL) {
        return JSON_SYNTAX;
    }
    parser->position++;
    *scalar = (uint32_t)meanings[letter - letters];
    return JSON_OK;
}

/* Decodes a string in place: what an escape stands for is never longer than the escape, so nothing unread is
 * overwritten. */
static enum json_error parse_string(struct parser *parser, const char **text, size_t *length) {
    size_t start;
    size_t written;

    if (!take(parser, '"')) {
        return JSON_SYNTAX;
    }
    start = written = parser->position;
    while (!take(parser, '"')) {
        uint32_t scalar = 0;
        size_t step;

        if (at_end(parser)) {
            return JSON_SYNTAX;
        }
        if (take(parser, '\\')) {
            unsigned char encoded[4];
            enum json_error error = take_escape(parser, &scalar);

            if (error != JSON_OK) {
                return error;
            }
            step = utf8_encode(scalar, encoded);
            memcpy(parser->text + written, encoded, step);
        } else {
            step = utf8_decode(
                (const unsigned char *)parser->text + parser->position, parser->length - parser->position, &scalar);
            if (step == 0) {
                return JSON_ILL_FORMED_TEXT;
            }
            if (scalar < 0x20) {
                return JSON_SYNTAX;
            }
            memmove(parser->text + written, parser->text + parser->position, step);
            parser->position += step;
        }
        written += step;
    }
    parser->text[written] = '\0';
    *text = parser->text + start;
    *length = written - start;
    return JSON_OK;
}

static enum json_error parse_number(struct parser *parser, struct json_value *value) {
    size_t start = parser->position;

    take(parser, '-');
    if (!take(parser, '0') && take_digits(parser) == 0) {
        return JSON_SYNTAX;
    }
    if (take(parser, '.') && take_digits(parser) == 0) {
        return JSON_SYNTAX;
    }
    if (take(parser, 'e') || take(parser, 'E')) {
        if (!take(parser, '+')) {
            take(parser, '-');
        }
        if (take_digits(parser) == 0) {
            return JSON_SYNTAX;
        }
    }
    if (parser->position - start > JSON_MAXIMUM_NUMBER_LENGTH) {
        return JSON_NUMBER_TOO_LONG;
    }
    value->type = JSON_NUMBER;
    value->text = parser->text + start;
    value->length = parser->position - start;
    return JSON_OK;
}

static bool has_key(const struct json_document *document, size_t object, const char *key) {
    for (size_t i = 1; i < document->count; i++) {
        const struct json_value *value = &document->values[i];

        if (value->parent == object && value->key != NULL && strcmp(value->key, key) == 0) {
            return true;
        }
    }
    return false;
}

static enum json_error parse_elements(struct parser *parser, size_t parent, bool is_object, size_t depth) {
    char closing = is_object ? '}' : ']';

    parser->position++;
    skip_space(parser);
    if (take(parser, closing)) {
        return JSON_OK;
    }
    do {
        const char *key = NULL;
        size_t key_length = 0;
        enum json_error error;

        skip_space(parser);
        if (is_object) {
            error = parse_string(parser, &key, &key_length);
            if (error != JSON_OK) {
                return error;
            }
            if (has_key(parser->document, parent, key)) {
                return JSON_DUPLICATE_KEY;
            }
            skip_space(parser);
            if (!take(parser, ':')) {
                return JSON_SYNTAX;
            }
            skip_space(parser);
        }
        error = parse_value(parser, parent, key, depth + 1);
        if (error != JSON_OK) {
            return error;
        }
        skip_space(parser);
    } while (take(parser, ','));
    return take(parser, closing) ? JSON_OK : JSON_SYNTAX;
}

static enum json_error parse_value(struct parser *parser, size_t parent, const char *key, size_t depth) {
    struct json_document *document = parser->document;
    size_t index = document->count;
    struct json_value *value;

    if (depth > JSON_MAXIMUM_DEPTH) {
        return JSON_TOO_DEEP;
    }
    if (index == JSON_MAXIMUM_VALUES) {
        return JSON_TOO_MANY_VALUES;
    }
    if (at_end(parser)) {
        return JSON_SYNTAX;
    }
    value = &document->values[index];
    *value = (struct json_value){.type = JSON_NULL, .parent = parent, .key = key};
    document->count++;

    switch (parser->text[parser->position]) {
    case '{': value->type = JSON_OBJECT; return parse_elements(parser, index, true, depth);
    case '[': value->type = JSON_ARRAY; return parse_elements(parser, index, false, depth);
    case '"': value->type = JSON_STRING; return parse_string(parser, &value->text, &value->length);
    case 't': value->type = JSON_TRUE; return take_word(parser, "true") ? JSON_OK : JSON_SYNTAX;
    case 'f': value->type = JSON_FALSE; return take_word(parser, "false") ? JSON_OK : JSON_SYNTAX;
    case 'n': return take_word(parser, "null") ? JSON_OK : JSON_SYNTAX;
    default: return parse_number(parser, value);
    }
}

enum json_error json_parse(struct json_document *document, char *text, size_t length) {
    struct parser parser = {.document = document, .text = text, .length = length};
    enum json_error error;

    document->count = 0;
    skip_space(&parser);
    error = parse_value(&parser, 0, NULL, 1);
    if (error != JSON_OK) {
        return error;
    }
    skip_space(&parser);
    return at_end(&parser) ? JSON_OK : JSON_TRAILING_BYTES;
}

const struct json_value *json_member(
    const struct json_document *document, const struct json_value *object, const char *key) {
    size_t parent;

    if (object == NULL || object->type != JSON_OBJECT) {
        return NULL;
    }
    parent = (size_t)(object - document->values);
    for (size_t i = parent + 1; i < document->count; i++) {
        const struct json_value *value = &document->values[i];

        if (value->parent == parent && strcmp(value->key, key) == 0) {
            return value->type == JSON_NULL ? NULL : value;
        }
    }
    return NULL;
}

const struct json_value *json_element(
    const struct json_document *document, const struct json_value *array, size_t place) {
    size_t parent;

    if (array == NULL || array->type != JSON_ARRAY) {
        return NULL;
    }
    parent = (size_t)(array - document->values);
    for (size_t i = parent + 1; i < document->count; i++) {
        if (document->values[i].parent == parent && place-- == 0) {
            return &document->values[i];
        }
    }
    return NULL;
}

bool json_integer(const struct json_value *value, int64_t minimum, int64_t maximum, int64_t *result) {
    bool negative;
    int64_t magnitude = 0;

    if (value == NULL || value->type != JSON_NUMBER) {
        return false;
    }
    negative = value->text[0] == '-';
    for (size_t i = negative ? 1 : 0; i < value->length; i++) {
        char digit = value->text[i];

        if (digit < '0' || digit > '9' || __builtin_mul_overflow(magnitude, 10, &magnitude)
            || __builtin_add_overflow(magnitude, digit - '0', &magnitude)) {
            return false;
        }
    }
    *result = negative ? -magnitude : magnitude;
    return *result >= minimum && *result <= maximum;
}

bool json_append_string(struct buffer *output, const char *text) {
    static const char hexadecimal[] = "0123456789abcdef";

    if (!buffer_append(output, "\"", 1)) {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        char escape[6] = {'\\', 'u', '0', '0', hexadecimal[byte >> 4], hexadecimal[byte & 0x0F]};
        bool stored;

        if (byte == '"' || byte == '\\') {
            escape[1] = *text;
            stored = buffer_append(output, escape, 2);
        } else if (byte < 0x20 || byte == 0x7F) {
            stored = buffer_append(output, escape, sizeof escape);
        } else {
            stored = buffer_append(output, text, 1);
        }
        if (!stored) {
            return false;
        }
    }
    return buffer_append(output, "\"", 1);
}
