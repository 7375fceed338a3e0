#include "varlink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "socket.h"
#include "wait.h"

#define READ_SIZE ((size_t)16 * 1024)

enum outcome varlink_open(
    struct varlink *connection, enum varlink_service service, const char *path, int64_t deadline) {
    *connection = (struct varlink){.service = service, .descriptor = -1};
    buffer_initialise(&connection->input, VARLINK_MAXIMUM_MESSAGE);
    return socket_connect(path, deadline, &connection->descriptor);
}

void varlink_close(struct varlink *connection) {
    if (connection->descriptor >= 0) {
        close(connection->descriptor);
        connection->descriptor = -1;
    }
    buffer_release(&connection->input);
}

static enum outcome outcome_of_wait(enum wait_result result) {
    switch (result) {
    case WAIT_READY: return OUTCOME_ACCEPTED;
    case WAIT_TIMED_OUT: return OUTCOME_TIMED_OUT;
    case WAIT_CANCELLED: return OUTCOME_CANCELLED;
    case WAIT_FAILED: break;
    }
    return OUTCOME_SYSTEM_FAILURE;
}

static void append(struct varlink_request *request, const char *text) {
    request->failed = request->failed || !buffer_append(&request->text, text, strlen(text));
}

static void append_string(struct varlink_request *request, const char *text) {
    request->failed = request->failed || !json_append_string(&request->text, text);
}

void varlink_request_begin(struct varlink_request *request, const char *method) {
    *request = (struct varlink_request){.failed = false};
    buffer_initialise(&request->text, VARLINK_MAXIMUM_MESSAGE);
    append(request, "{\"method\":");
    append_string(request, method);
    append(request, ",\"parameters\":{");
}

/* The name of the next member of the innermost object, and all that separates it from its value and from the last. */
static void append_name(struct varlink_request *request, const char *name) {
    if (request->has_members) {
        append(request, ",");
    }
    request->has_members = true;
    append_string(request, name);
    append(request, ":");
}

void varlink_request_add(struct varlink_request *request, const char *name, const char *value) {
    if (value != NULL) {
        append_name(request, name);
        append_string(request, value);
    }
}

void varlink_request_add_integer(struct varlink_request *request, const char *name, int64_t value) {
    char digits[32];

    (void)snprintf(digits, sizeof digits, "%lld", (long long)value);
    append_name(request, name);
    append(request, digits);
}

void varlink_request_add_true(struct varlink_request *request, const char *name) {
    append_name(request, name);
    append(request, "true");
}

void varlink_request_begin_object(struct varlink_request *request, const char *name) {
    append_name(request, name);
    append(request, "{");
    request->has_members = false;
}

void varlink_request_end_object(struct varlink_request *request) {
    append(request, "}");
    request->has_members = true;
}

void varlink_request_add_strings(
    struct varlink_request *request, const char *name, const char *const *values, size_t count) {
    if (count == 0) {
        return;
    }
    append_name(request, name);
    for (size_t i = 0; i < count; i++) {
        append(request, i == 0 ? "[" : ",");
        append_string(request, values[i]);
    }
    append(request, "]");
}

/* Whether the peer has been silent since its last reply: what it says before it is asked answers nothing. */
static enum outcome check_silence(const struct varlink *connection) {
    char byte;
    ssize_t count;

    do {
        count = recv(connection->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        return OUTCOME_PROTOCOL_VIOLATION;
    }
    if (count == 0) {
        return OUTCOME_UNAVAILABLE;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? OUTCOME_ACCEPTED : outcome_of_errno(errno);
}

static enum outcome send_all(const struct varlink *connection, const char *bytes, size_t count, int64_t deadline) {
    while (count > 0) {
        enum outcome outcome = outcome_of_wait(wait_for(connection->descriptor, POLLOUT, deadline));
        ssize_t sent;

        if (outcome != OUTCOME_ACCEPTED) {
            return outcome;
        }
        sent = send(connection->descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes += sent;
            count -= (size_t)sent;
        } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            return outcome_of_errno(errno);
        }
    }
    return OUTCOME_ACCEPTED;
}

enum outcome varlink_call(struct varlink *connection, struct varlink_request *request, bool more, int64_t deadline) {
    enum outcome outcome;

    append(request, more ? "},\"more\":true}" : "}}");
    request->failed = request->failed || !buffer_append(&request->text, "", 1);
    if (request->failed) {
        outcome = OUTCOME_OUT_OF_MEMORY;
    } else {
        outcome = check_silence(connection);
    }
    if (outcome == OUTCOME_ACCEPTED) {
        outcome = send_all(connection, request->text.bytes, request->text.count, deadline);
    }
    buffer_release(&request->text);
    return outcome;
}

/* Reads until the input holds a whole message, and sets its length (without the NUL). */
static enum outcome read_message(struct varlink *connection, size_t *length, int64_t deadline) {
    struct buffer *input = &connection->input;
    size_t searched = 0;

    for (;;) {
        const char *end =
            input->count > searched ? memchr(input->bytes + searched, '\0', input->count - searched) : NULL;
        size_t room = input->maximum - input->count;
        enum outcome outcome;
        ssize_t received;

        if (end != NULL) {
            *length = (size_t)(end - input->bytes);
            return OUTCOME_ACCEPTED;
        }
        searched = input->count;
        if (room == 0) {
            return OUTCOME_PROTOCOL_VIOLATION;
        }
        if (room > READ_SIZE) {
            room = READ_SIZE;
        }
        if (!buffer_reserve(input, room)) {
            return OUTCOME_OUT_OF_MEMORY;
        }
        outcome = outcome_of_wait(wait_for(connection->descriptor, POLLIN, deadline));
        if (outcome != OUTCOME_ACCEPTED) {
            return outcome;
        }
        received = recv(connection->descriptor, input->bytes + input->count, room, MSG_DONTWAIT);
        if (received == 0) {
            return OUTCOME_UNAVAILABLE;
        }
        if (received > 0) {
            input->count += (size_t)received;
        } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            return outcome_of_errno(errno);
        }
    }
}

/* Takes the parts of a reply apart; false if it is not one. */
static bool read_reply(struct varlink_reply *reply) {
    const struct json_document *document = &reply->document;
    const struct json_value *root = &document->values[0];
    const struct json_value *error;
    const struct json_value *continues;

    if (root->type != JSON_OBJECT) {
        return false;
    }
    for (size_t i = 1; i < document->count; i++) {
        const struct json_value *member = &document->values[i];

        if (member->parent == 0 && strcmp(member->key, "parameters") != 0 && strcmp(member->key, "error") != 0
            && strcmp(member->key, "continues") != 0) {
            return false;
        }
    }
    reply->parameters = json_member(document, root, "parameters");
    error = json_member(document, root, "error");
    continues = json_member(document, root, "continues");
    reply->error = error == NULL ? NULL : error->text;
    reply->continues = continues != NULL && continues->type == JSON_TRUE;
    return (reply->parameters == NULL || reply->parameters->type == JSON_OBJECT)
           && (error == NULL || (error->type == JSON_STRING && error->length > 0))
           && (continues == NULL || continues->type == JSON_TRUE || continues->type == JSON_FALSE)
           && !(error != NULL && reply->continues);
}

enum outcome varlink_receive(struct varlink *connection, struct varlink_reply *reply, bool more, int64_t deadline) {
    size_t length = 0;
    enum outcome outcome;

    buffer_discard(&connection->input, connection->message_length);
    connection->message_length = 0;
    outcome = read_message(connection, &length, deadline);
    if (outcome != OUTCOME_ACCEPTED) {
        return outcome;
    }
    connection->message_length = length + 1;
    if (json_parse(&reply->document, connection->input.bytes, length) != JSON_OK || !read_reply(reply)) {
        return OUTCOME_PROTOCOL_VIOLATION;
    }
    if (reply->continues ? !more : connection->input.count != connection->message_length) {
        return OUTCOME_PROTOCOL_VIOLATION;
    }
    return OUTCOME_ACCEPTED;
}

bool varlink_string(const struct varlink_reply *reply, const char *name, const struct json_value **value) {
    return varlink_string_of(reply, reply->parameters, name, value);
}

bool varlink_string_of(const struct varlink_reply *reply, const struct json_value *object, const char *name,
    const struct json_value **value) {
    *value = json_member(&reply->document, object, name);
    return *value == NULL || (*value)->type == JSON_STRING;
}
