#include "CFprintBus.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define ROOT "/net/reactivated/Fprint"
#define INTERFACE "net.reactivated.Fprint"

struct device {
    struct semblance_bus *bus;
    int number;
    char path[64];
    char *name;
    char *scan_type;
    int32_t enroll_stages;
    int finger_needed;
    sd_bus_track *track;
};

struct semblance_bus {
    sd_bus *bus;
    /* sd-bus is for one thread at a time. Recursive: it calls back, and is called from there. */
    pthread_mutex_t lock;
    struct semblance_bus_events events;
    /* Readable when there is something to do that does not come by the socket. */
    int wake;
    struct device devices[semblance_bus_maximum_devices];
    int device_count;
};

struct semblance_bus_call {
    sd_bus_message *message;
};

static void lock(struct semblance_bus *bus) { pthread_mutex_lock(&bus->lock); }

/* What was written is on its way before the lock is free: the thread that polls might not look for a while. */
static int unlock(struct semblance_bus *bus, int result) {
    int flushed = sd_bus_flush(bus->bus);
    pthread_mutex_unlock(&bus->lock);
    return result < 0 ? result : flushed < 0 ? flushed : 0;
}

/* After the bus was asked: what came before its answer waits inside sd-bus, not in the socket. */
static int wake(struct semblance_bus *bus, int result) {
    int written = eventfd_write(bus->wake, 1);
    return result < 0 || written == 0 ? result : -errno;
}

/* Hands a call on; it is answered later. */
static int hand_on(struct semblance_bus *bus, sd_bus_message *message, int device) {
    const char *argument = "";
    if (sd_bus_message_has_signature(message, "s")) {
        int code = sd_bus_message_read_basic(message, 's', &argument);
        if (code < 0) return code;
    }
    /* Names of people and fingers are shorter; what is longer is not copied. */
    if (strlen(argument) > 256) return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_INVALID_ARGS, "too long");
    const char *sender = sd_bus_message_get_sender(message);
    struct semblance_bus_call *call = malloc(sizeof *call);
    if (call == NULL || sender == NULL) {
        free(call);
        return -ENOMEM;
    }
    call->message = sd_bus_message_ref(message);
    bus->events.called(bus->events.context, call, device, sd_bus_message_get_member(message), sender, argument);
    return 1;
}

static int manager_called(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    return hand_on(data, message, -1);
}

static int device_called(sd_bus_message *message, void *data, sd_bus_error *error) {
    struct device *device = data;
    (void)error;
    return hand_on(device->bus, message, device->number);
}

static const sd_bus_vtable manager_table[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("GetDevices", "", "ao", manager_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetDefaultDevice", "", "o", manager_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable device_table[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("ListEnrolledFingers", "s", "as", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("DeleteEnrolledFingers", "s", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("DeleteEnrolledFingers2", "", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("DeleteEnrolledFinger", "s", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Claim", "s", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Release", "", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("VerifyStart", "s", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("VerifyStop", "", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("EnrollStart", "s", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("EnrollStop", "", "", device_called, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("VerifyFingerSelected", "s", 0),
    SD_BUS_SIGNAL("VerifyStatus", "sb", 0),
    SD_BUS_SIGNAL("EnrollStatus", "sb", 0),
    SD_BUS_VTABLE_END,
};

/* sd-bus takes no properties with hyphens in their names into its tables, so these are answered for by hand. */
#define PROPERTIES "org.freedesktop.DBus.Properties"
static const char *const property_names[] = {"name", "num-enroll-stages", "scan-type", "finger-present", "finger-needed"};
enum { property_count = sizeof property_names / sizeof property_names[0] };

static int append_property(sd_bus_message *message, const struct device *device, int property) {
    switch (property) {
    case 0: return sd_bus_message_append(message, "v", "s", device->name);
    case 1: return sd_bus_message_append(message, "v", "i", device->enroll_stages);
    case 2: return sd_bus_message_append(message, "v", "s", device->scan_type);
    case 3: return sd_bus_message_append(message, "v", "b", 0); /* not known */
    default: return sd_bus_message_append(message, "v", "b", device->finger_needed);
    }
}

static int append_properties(sd_bus_message *message, const struct device *device) {
    int code = sd_bus_message_open_container(message, 'a', "{sv}");
    for (int property = 0; code >= 0 && property < property_count; property++) {
        code = sd_bus_message_open_container(message, 'e', "sv");
        if (code >= 0) code = sd_bus_message_append_basic(message, 's', property_names[property]);
        if (code >= 0) code = append_property(message, device, property);
        if (code >= 0) code = sd_bus_message_close_container(message);
    }
    return code < 0 ? code : sd_bus_message_close_container(message);
}

/* Answers with the named property, or where there is no name with all of them. */
static int reply_property(sd_bus_message *message, const struct device *device, const char *name) {
    int property = 0;
    while (name != NULL && property < property_count && strcmp(property_names[property], name) != 0) property++;
    if (property == property_count)
        return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_PROPERTY, "there is no such property");
    sd_bus_message *reply = NULL;
    int code = sd_bus_message_new_method_return(message, &reply);
    if (code >= 0) code = name == NULL ? append_properties(reply, device) : append_property(reply, device, property);
    if (code >= 0) code = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return code < 0 ? code : 1;
}

/* Before the table is looked at; 0 for what is not about properties. */
static int properties_called(sd_bus_message *message, void *data, sd_bus_error *error) {
    const char *interface = NULL, *name = NULL;
    (void)error;
    int is_one = sd_bus_message_is_method_call(message, PROPERTIES, "Get") > 0 &&
                 sd_bus_message_has_signature(message, "ss") > 0;
    int is_all = sd_bus_message_is_method_call(message, PROPERTIES, "GetAll") > 0 &&
                 sd_bus_message_has_signature(message, "s") > 0;
    if (!is_one && !is_all) return 0;
    int code = sd_bus_message_read_basic(message, 's', &interface);
    if (code >= 0 && is_one) code = sd_bus_message_read_basic(message, 's', &name);
    if (code < 0) return code;
    if (strcmp(interface, INTERFACE ".Device") == 0) return reply_property(message, data, name);
    code = sd_bus_message_rewind(message, 1);
    return code < 0 ? code : 0;
}

int semblance_bus_open(const char *address, struct semblance_bus_events events, struct semblance_bus **result) {
    struct semblance_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return -ENOMEM;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&bus->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    bus->events = events;
    bus->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int code = bus->wake < 0 ? -errno : sd_bus_new(&bus->bus);
    if (code >= 0) code = sd_bus_set_address(bus->bus, address);
    if (code >= 0) code = sd_bus_set_bus_client(bus->bus, 1);
    if (code >= 0) code = sd_bus_start(bus->bus);
    if (code >= 0)
        code = sd_bus_add_object_vtable(bus->bus, NULL, ROOT "/Manager", INTERFACE ".Manager", manager_table, bus);
    if (code < 0) {
        sd_bus_unref(bus->bus);
        if (bus->wake >= 0) close(bus->wake);
        pthread_mutex_destroy(&bus->lock);
        free(bus);
        return code;
    }
    *result = bus;
    return 0;
}

int semblance_bus_add_device(struct semblance_bus *bus, const char *name, const char *scan_type) {
    lock(bus);
    int number = bus->device_count, code = 0;
    if (number == semblance_bus_maximum_devices) return unlock(bus, -ENOSPC);
    struct device *device = &bus->devices[number];
    *device = (struct device){
        .bus = bus, .number = number, .enroll_stages = -1, .name = strdup(name), .scan_type = strdup(scan_type)};
    snprintf(device->path, sizeof device->path, ROOT "/Device/%d", number);
    if (device->name == NULL || device->scan_type == NULL) code = -ENOMEM;
    if (code >= 0)
        code = sd_bus_add_object_vtable(bus->bus, NULL, device->path, INTERFACE ".Device", device_table, device);
    if (code >= 0) code = sd_bus_add_object(bus->bus, NULL, device->path, properties_called, device);
    if (code >= 0)
        bus->device_count++;
    else {
        free(device->name);
        free(device->scan_type);
    }
    code = unlock(bus, code);
    return code < 0 ? code : number;
}

int semblance_bus_take_name(struct semblance_bus *bus) {
    lock(bus);
    return unlock(bus, sd_bus_request_name(bus->bus, INTERFACE, 0));
}

int semblance_bus_run(struct semblance_bus *bus) {
    for (;;) {
        lock(bus);
        int code = sd_bus_process(bus->bus, NULL);
        if (code > 0) {
            /* One at a time: whoever calls without end must not keep others from answering. */
            code = unlock(bus, code);
            if (code < 0) return code;
            sched_yield();
            continue;
        }
        struct pollfd wait[2] = {
            {.fd = sd_bus_get_fd(bus->bus), .events = (short)sd_bus_get_events(bus->bus)},
            {.fd = bus->wake, .events = POLLIN},
        };
        code = unlock(bus, code);
        if (code < 0) return code;
        if (poll(wait, 2, -1) < 0 && errno != EINTR) return -errno;
        uint64_t count;
        if (wait[1].revents != 0 && read(bus->wake, &count, sizeof count) < 0 && errno != EAGAIN) return -errno;
    }
}

int semblance_bus_caller(struct semblance_bus *bus, const char *name, uint32_t *uid, int32_t *pid) {
    sd_bus_creds *creds = NULL;
    uid_t user = 0;
    pid_t process = 0;
    lock(bus);
    int code = sd_bus_get_name_creds(bus->bus, name, SD_BUS_CREDS_PID | SD_BUS_CREDS_EUID, &creds);
    if (code >= 0) code = sd_bus_creds_get_euid(creds, &user);
    if (code >= 0) code = sd_bus_creds_get_pid(creds, &process);
    sd_bus_creds_unref(creds);
    *uid = user;
    *pid = process;
    return unlock(bus, wake(bus, code));
}

static int gone(sd_bus_track *track, void *data) {
    struct device *device = data;
    /* An empty track that stays is told of again and again. Whoever calls this holds it besides. */
    if (device->track == track) device->track = sd_bus_track_unref(track);
    device->bus->events.left(device->bus->events.context, device->number);
    return 0;
}

static struct device *device_at(struct semblance_bus *bus, int number) {
    return number >= 0 && number < bus->device_count ? &bus->devices[number] : NULL;
}

int semblance_bus_watch(struct semblance_bus *bus, int number, const char *name) {
    lock(bus);
    struct device *device = device_at(bus, number);
    if (device == NULL) return unlock(bus, -ENODEV);
    int code = 0;
    device->track = sd_bus_track_unref(device->track);
    if (name != NULL) {
        code = sd_bus_track_new(bus->bus, &device->track, gone, device);
        if (code >= 0) code = sd_bus_track_add_name(device->track, name);
        code = wake(bus, code);
    }
    return unlock(bus, code);
}

int semblance_bus_set(struct semblance_bus *bus, int number, int32_t enroll_stages, bool finger_needed) {
    lock(bus);
    struct device *device = device_at(bus, number);
    if (device == NULL) return unlock(bus, -ENODEV);
    device->enroll_stages = enroll_stages;
    device->finger_needed = finger_needed;
    sd_bus_message *signal = NULL;
    int code = sd_bus_message_new_signal(bus->bus, &signal, device->path, PROPERTIES, "PropertiesChanged");
    if (code >= 0)
        code = sd_bus_message_append(
            signal, "sa{sv}as", INTERFACE ".Device", 2, "num-enroll-stages", "i", device->enroll_stages, "finger-needed", "b",
            device->finger_needed, 0);
    if (code >= 0) code = sd_bus_send(bus->bus, signal, NULL);
    sd_bus_message_unref(signal);
    return unlock(bus, code);
}

int semblance_bus_signal(
    struct semblance_bus *bus, int number, const char *receiver, const char *member, const char *text, int done) {
    sd_bus_message *signal = NULL;
    lock(bus);
    struct device *device = device_at(bus, number);
    if (device == NULL) return unlock(bus, -ENODEV);
    int code = sd_bus_message_new_signal(bus->bus, &signal, device->path, INTERFACE ".Device", member);
    if (code >= 0) code = sd_bus_message_append(signal, "s", text);
    if (code >= 0 && done >= 0) code = sd_bus_message_append(signal, "b", done);
    if (code >= 0) code = sd_bus_message_set_destination(signal, receiver);
    if (code >= 0) code = sd_bus_send(bus->bus, signal, NULL);
    sd_bus_message_unref(signal);
    return unlock(bus, code);
}

/* Ends a call whose answer was sent, or could not be. */
static int finish(struct semblance_bus *bus, struct semblance_bus_call *call, sd_bus_message *reply, int code) {
    if (reply != NULL && code >= 0) code = sd_bus_send(bus->bus, reply, NULL);
    sd_bus_message_unref(reply);
    sd_bus_message_unref(call->message);
    free(call);
    return unlock(bus, code);
}

int semblance_bus_reply(struct semblance_bus *bus, struct semblance_bus_call *call) {
    return semblance_bus_reply_texts(bus, call, NULL, 0);
}

int semblance_bus_reply_texts(
    struct semblance_bus *bus, struct semblance_bus_call *call, const char *const *texts, size_t count) {
    sd_bus_message *reply = NULL;
    lock(bus);
    int code = sd_bus_message_new_method_return(call->message, &reply);
    if (code >= 0 && texts != NULL) {
        code = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t index = 0; code >= 0 && index < count; index++)
            code = sd_bus_message_append_basic(reply, 's', texts[index]);
        if (code >= 0) code = sd_bus_message_close_container(reply);
    }
    return finish(bus, call, reply, code);
}

int semblance_bus_reply_devices(
    struct semblance_bus *bus, struct semblance_bus_call *call, const int32_t *devices, size_t count, bool is_list) {
    sd_bus_message *reply = NULL;
    lock(bus);
    int code = sd_bus_message_new_method_return(call->message, &reply);
    if (code >= 0 && is_list) code = sd_bus_message_open_container(reply, 'a', "o");
    for (size_t index = 0; code >= 0 && index < (is_list ? count : 1); index++) {
        struct device *device = index < count ? device_at(bus, devices[index]) : NULL;
        code = device == NULL ? -ENODEV : sd_bus_message_append_basic(reply, 'o', device->path);
    }
    if (code >= 0 && is_list) code = sd_bus_message_close_container(reply);
    return finish(bus, call, reply, code);
}

int semblance_bus_reply_error(
    struct semblance_bus *bus, struct semblance_bus_call *call, const char *name, const char *text) {
    sd_bus_message *reply = NULL;
    lock(bus);
    int code = sd_bus_message_new_method_error(call->message, &reply, &SD_BUS_ERROR_MAKE_CONST(name, text));
    return finish(bus, call, reply, code);
}
