/*
 * A growing byte buffer with a ceiling, wiped wherever it lets go of memory.
 */
#ifndef SEMBLANCE_BUFFER_H
#define SEMBLANCE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes;
    size_t count;
    size_t capacity;
    size_t maximum;
};

void buffer_initialise(struct buffer *buffer, size_t maximum);

/* Makes room for `extra` more bytes; false if that is over the maximum or memory is short. */
bool buffer_reserve(struct buffer *buffer, size_t extra);

bool buffer_append(struct buffer *buffer, const char *bytes, size_t count);

/* Removes the first `count` bytes. */
void buffer_discard(struct buffer *buffer, size_t count);

/* Wipes and frees; the buffer is empty and may be used again. */
void buffer_release(struct buffer *buffer);

#endif
