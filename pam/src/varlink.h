/*
 * A Varlink client: JSON messages, each ended by a NUL, over one connection, one call at a time.
 */
#ifndef SEMBLANCE_VARLINK_H
#define SEMBLANCE_VARLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "json.h"
#include "outcome.h"

/* The longest message, its NUL included: a proof of 96 KiB in base64 with room to spare. */
#define VARLINK_MAXIMUM_MESSAGE ((size_t)256 * 1024)

struct varlink {
    enum varlink_service service;
    int descriptor;
    struct buffer input; /* the current message and what arrived behind it */
    size_t message_length;
};

/* A reply; it points into its connection's input and is valid until the next call or reply. */
struct varlink_reply {
    struct json_document document;
    const struct json_value *parameters; /* an object, or NULL */
    const char *error;                   /* NULL, or the qualified name of an error */
    bool continues;
};

/* A method call in the making; any failure on the way makes varlink_call fail. */
struct varlink_request {
    struct buffer text;
    bool failed;
    bool has_members; /* in the innermost object */
};

enum outcome varlink_open(struct varlink *connection, enum varlink_service service, const char *path, int64_t deadline);
void varlink_close(struct varlink *connection);

/* Starts a call of `method` (a qualified name). */
void varlink_request_begin(struct varlink_request *request, const char *method);

/* Adds a string parameter; one whose value is NULL is left out. */
void varlink_request_add(struct varlink_request *request, const char *name, const char *value);

void varlink_request_add_integer(struct varlink_request *request, const char *name, int64_t value);

/* Adds a parameter that is true. */
void varlink_request_add_true(struct varlink_request *request, const char *name);

/* What is added between these two are members of an object, which is the parameter. */
void varlink_request_begin_object(struct varlink_request *request, const char *name);
void varlink_request_end_object(struct varlink_request *request);

/* Adds an array of strings; without strings it is left out. */
void varlink_request_add_strings(
    struct varlink_request *request, const char *name, const char *const *values, size_t count);

/* Sends the call, and wipes and frees it whether or not that works. Refuses if the peer spoke without being asked. */
enum outcome varlink_call(struct varlink *connection, struct varlink_request *request, bool more, int64_t deadline);

/*
 * Waits for the next reply of the call. `more` says whether the call asked for several: else, and after the last one, a
 * reply that continues or is followed by anything is a protocol violation.
 */
enum outcome varlink_receive(struct varlink *connection, struct varlink_reply *reply, bool more, int64_t deadline);

/* A string parameter of the reply, or NULL if it is absent or null. False if it is something else. */
bool varlink_string(const struct varlink_reply *reply, const char *name, const struct json_value **value);

/* The same of an object within the reply. */
bool varlink_string_of(const struct varlink_reply *reply, const struct json_value *object, const char *name,
    const struct json_value **value);

#endif
