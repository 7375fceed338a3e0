/*
 * net.reactivated.Fprint on a message bus, by libsystemd's sd-bus: its tables, types and variable arguments stay behind these
 * functions, which any thread may call at any time. What a client says is handed on as it is: Swift judges it.
 */
#ifndef SEMBLANCE_CFPRINTBUS_H
#define SEMBLANCE_CFPRINTBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { semblance_bus_maximum_devices = 16 };

struct semblance_bus;
/* A method call, to be answered exactly once, by one of the functions below that say so. */
struct semblance_bus_call;

struct semblance_bus_events {
    void *context;
    /* device: -1 for the manager's methods; argument: "" for a method without. On the thread that runs the bus. */
    void (*called)(
        void *context, struct semblance_bus_call *call, int device, const char *member, const char *sender,
        const char *argument);
    /* Who is watched has left the bus. On the thread that runs the bus. */
    void (*left)(void *context, int device);
};

/* All of these return 0, or a negative errno. */
int semblance_bus_open(const char *address, struct semblance_bus_events events, struct semblance_bus **bus);
/* Serves another device; its number, from 0. */
int semblance_bus_add_device(struct semblance_bus *bus, const char *name, const char *scan_type);
/* Takes the name, by which clients find it; -EEXIST where another program has it. */
int semblance_bus_take_name(struct semblance_bus *bus);
/* Serves until the bus ends, which is the only way back. */
int semblance_bus_run(struct semblance_bus *bus);

/* The effective user and the process that made the connection called `name`, by the bus's word; fails where it is gone. */
int semblance_bus_caller(struct semblance_bus *bus, const char *name, uint32_t *uid, int32_t *pid);
/* Says by `left` when the connection is gone; NULL: nobody is watched any more. */
int semblance_bus_watch(struct semblance_bus *bus, int device, const char *name);
/* What the device's properties are from here on; who looks is told of changes. */
int semblance_bus_set(struct semblance_bus *bus, int device, int32_t enroll_stages, bool finger_needed);
/* A signal for one connection; `done` goes with it where it is 0 or 1. */
int semblance_bus_signal(
    struct semblance_bus *bus, int device, const char *receiver, const char *member, const char *text, int done);

/* Answers, after which the call is gone. */
int semblance_bus_reply(struct semblance_bus *bus, struct semblance_bus_call *call);
int semblance_bus_reply_texts(
    struct semblance_bus *bus, struct semblance_bus_call *call, const char *const *texts, size_t count);
/* Of the devices that `devices` numbers: all of them, or the first alone. */
int semblance_bus_reply_devices(
    struct semblance_bus *bus, struct semblance_bus_call *call, const int32_t *devices, size_t count, bool is_list);
int semblance_bus_reply_error(
    struct semblance_bus *bus, struct semblance_bus_call *call, const char *name, const char *text);

#endif
