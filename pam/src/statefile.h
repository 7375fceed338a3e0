/*
 * Small text files of the kernel and of logind: reading them, and taking values and identifiers out of them.
 */
#ifndef SEMBLANCE_STATEFILE_H
#define SEMBLANCE_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>

#define STATEFILE_MAXIMUM 8192
#define IDENTIFIER_MAXIMUM 32

/* Reads the whole of a small regular file; with `of_root` only one that root alone can have written. */
bool statefile_read(const char *path, char text[STATEFILE_MAXIMUM], bool of_root);

/* The same of a file that may hold NULs, with their number. */
bool statefile_read_bytes(const char *path, char bytes[STATEFILE_MAXIMUM], size_t *length, bool of_root);

/* Copies the value of the line KEY=VALUE; false if there is none, or it does not fit. */
bool statefile_value(const char *text, const char *key, char *value, size_t capacity);

/* Copies an identifier of letters and digits; false, and an empty one, if it is empty, too long or anything else. */
bool identifier_copy(char identifier[IDENTIFIER_MAXIMUM], const char *text, size_t length);

#endif
