#include "text.h"

#include <string.h>

size_t utf8_decode(const unsigned char *bytes, size_t count, uint32_t *scalar) {
    /* The smallest code point that needs a sequence of each length: anything less is an overlong form. */
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length;
    uint32_t value;

    if (count == 0) {
        return 0;
    }
    if (bytes[0] < 0x80) {
        *scalar = bytes[0];
        return 1;
    }
    if ((bytes[0] & 0xE0) == 0xC0) {
        length = 2;
        value = bytes[0] & 0x1FU;
    } else if ((bytes[0] & 0xF0) == 0xE0) {
        length = 3;
        value = bytes[0] & 0x0FU;
    } else if ((bytes[0] & 0xF8) == 0xF0) {
        length = 4;
        value = bytes[0] & 0x07U;
    } else {
        return 0;
    }
    if (length > count) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (bytes[i] & 0x3FU);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *scalar = value;
    return length;
}

size_t utf8_encode(uint32_t scalar, unsigned char bytes[4]) {
    if (scalar < 0x80) {
        bytes[0] = (unsigned char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        bytes[0] = (unsigned char)(0xC0 | scalar >> 6);
        bytes[1] = (unsigned char)(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        bytes[0] = (unsigned char)(0xE0 | scalar >> 12);
        bytes[1] = (unsigned char)(0x80 | (scalar >> 6 & 0x3F));
        bytes[2] = (unsigned char)(0x80 | (scalar & 0x3F));
        return 3;
    }
    bytes[0] = (unsigned char)(0xF0 | scalar >> 18);
    bytes[1] = (unsigned char)(0x80 | (scalar >> 12 & 0x3F));
    bytes[2] = (unsigned char)(0x80 | (scalar >> 6 & 0x3F));
    bytes[3] = (unsigned char)(0x80 | (scalar & 0x3F));
    return 4;
}

static bool is_control(uint32_t scalar) {
    return scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0);
}

/* What could forge a line, steer a terminal, or make a name look like another: control and format characters, separators
 * of lines and paragraphs, private use, noncharacters (Unicode 15: Cc, Cf, Zl, Zp, Co). The daemons refuse unassigned
 * characters as well (DisplayName.swift); Fixtures/display-names.txt tests both. */
static bool misleads_display(uint32_t scalar) {
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x00AD, 0x00AD},
        {0x0600, 0x0605},
        {0x061C, 0x061C},
        {0x06DD, 0x06DD},
        {0x070F, 0x070F},
        {0x0890, 0x0891},
        {0x08E2, 0x08E2},
        {0x180E, 0x180E},
        {0x200B, 0x200F},
        {0x2028, 0x202E},
        {0x2060, 0x2064},
        {0x2066, 0x206F},
        {0xE000, 0xF8FF},
        {0xFDD0, 0xFDEF},
        {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB},
        {0x110BD, 0x110BD},
        {0x110CD, 0x110CD},
        {0x13430, 0x1343F},
        {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A},
        {0xE0001, 0xE0001},
        {0xE0020, 0xE007F},
        {0xF0000, 0x10FFFF},
    };

    if (is_control(scalar) || (scalar & 0xFFFE) == 0xFFFE) {
        return true;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (scalar >= ranges[i].first && scalar <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

bool text_is_name(const char *text, size_t maximum) {
    size_t length = strnlen(text, maximum + 1);

    if (length == 0 || length > maximum) {
        return false;
    }
    for (size_t i = 0; i < length;) {
        uint32_t scalar = 0;
        size_t step = utf8_decode((const unsigned char *)text + i, length - i, &scalar);

        if (step == 0 || misleads_display(scalar)) {
            return false;
        }
        i += step;
    }
    return true;
}

void text_for_display(char *output, size_t capacity, const char *text) {
    size_t length = strlen(text);
    size_t written = 0;

    for (size_t i = 0; i < length;) {
        uint32_t scalar = 0;
        size_t step = utf8_decode((const unsigned char *)text + i, length - i, &scalar);
        bool hostile = step == 0 || misleads_display(scalar);
        size_t needed = hostile ? 1 : step;

        if (written + needed >= capacity) {
            break;
        }
        if (hostile) {
            output[written] = '?';
        } else {
            memcpy(output + written, text + i, step);
        }
        written += needed;
        i += step == 0 ? 1 : step;
    }
    output[written] = '\0';
}

/* The value of a base64 digit, or -1. */
static int base64_value(char digit) {
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

bool text_is_base64(const char *text, size_t length) {
    size_t digits = length;
    int last = 0;

    if (length == 0 || length % 4 != 0) {
        return false;
    }
    while (length - digits < 2 && text[digits - 1] == '=') {
        digits--;
    }
    for (size_t i = 0; i < digits; i++) {
        last = base64_value(text[i]);
        if (last < 0) {
            return false;
        }
    }
    /* The bits that the padding leaves over must be zero. */
    return length == digits || (last & (length - digits == 1 ? 0x03 : 0x0F)) == 0;
}
