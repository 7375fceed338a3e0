#include "buffer.h"

#include <stdlib.h>
#include <string.h>

void buffer_initialise(struct buffer *buffer, size_t maximum) {
    *buffer = (struct buffer){.maximum = maximum};
}

bool buffer_reserve(struct buffer *buffer, size_t extra) {
    size_t wanted;
    char *bytes;

    if (extra > buffer->maximum - buffer->count) {
        return false;
    }
    if (extra <= buffer->capacity - buffer->count) {
        return true;
    }
    wanted = buffer->count + extra;
    if (wanted < 2 * buffer->capacity) {
        wanted = 2 * buffer->capacity;
    }
    if (wanted > buffer->maximum) {
        wanted = buffer->maximum;
    }
    /* Not realloc, which would leave the old bytes behind. */
    bytes = malloc(wanted);
    if (bytes == NULL) {
        return false;
    }
    if (buffer->bytes != NULL) {
        memcpy(bytes, buffer->bytes, buffer->count);
        explicit_bzero(buffer->bytes, buffer->capacity);
        free(buffer->bytes);
    }
    buffer->bytes = bytes;
    buffer->capacity = wanted;
    return true;
}

bool buffer_append(struct buffer *buffer, const char *bytes, size_t count) {
    if (!buffer_reserve(buffer, count)) {
        return false;
    }
    if (count > 0) {
        memcpy(buffer->bytes + buffer->count, bytes, count);
        buffer->count += count;
    }
    return true;
}

void buffer_discard(struct buffer *buffer, size_t count) {
    if (count == 0) {
        return;
    }
    memmove(buffer->bytes, buffer->bytes + count, buffer->count - count);
    explicit_bzero(buffer->bytes + buffer->count - count, count);
    buffer->count -= count;
}

void buffer_release(struct buffer *buffer) {
    if (buffer->bytes != NULL) {
        explicit_bzero(buffer->bytes, buffer->capacity);
        free(buffer->bytes);
    }
    buffer_initialise(buffer, buffer->maximum);
}
