/*
 * Text that comes from outside: UTF-8, base64, and what may be shown on a terminal or written to a log.
 */
#ifndef SEMBLANCE_TEXT_H
#define SEMBLANCE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length (1 to 4) of the well-formed UTF-8 sequence at `bytes`, its code point in `*scalar`; 0 if it is ill-formed.
 */
size_t utf8_decode(const unsigned char *bytes, size_t count, uint32_t *scalar);

/* Writes a Unicode scalar value as 1 to 4 bytes of UTF-8, and returns how many. */
size_t utf8_encode(uint32_t scalar, unsigned char bytes[4]);

/* Whether `text` is 1 to `maximum` bytes of well-formed UTF-8 that may be shown as it is. */
bool text_is_name(const char *text, size_t maximum);

/* Copies text for display into `output` (always terminated): whatever could steer a terminal becomes '?', long text is
 * cut. */
void text_for_display(char *output, size_t capacity, const char *text);

/* Whether `text` is canonical, padded, non-empty standard base64 (RFC 4648 section 4). */
bool text_is_base64(const char *text, size_t length);

#endif
