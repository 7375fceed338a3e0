#include "CFprint.h"

#include <dlfcn.h>
#include <libfprint-2/fprint.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The function, not the macro that keeps its argument's type. */
#undef g_object_ref

/* The library's file, by the version of its interface. */
#define LIBRARY "libfprint-2.so.2"

#define FUNCTIONS(of) \
    of(fp_context_new) of(fp_context_enumerate) of(fp_context_get_devices) \
    of(fp_device_get_driver) of(fp_device_get_device_id) of(fp_device_get_name) of(fp_device_get_scan_type) \
    of(fp_device_has_feature) of(fp_device_get_finger_status) \
    of(fp_device_open) of(fp_device_open_finish) of(fp_device_capture) of(fp_device_capture_finish) \
    of(fp_device_close) of(fp_device_close_finish) of(fp_device_retry_quark) of(fp_device_error_quark) \
    of(fp_image_get_width) of(fp_image_get_height) of(fp_image_get_ppmm) of(fp_image_get_data) \
    of(g_cancellable_new) of(g_cancellable_cancel) of(g_io_error_quark) \
    of(g_main_context_iteration) of(g_timeout_add) of(g_source_remove) \
    of(g_object_ref) of(g_object_unref) of(g_error_free) of(g_quark_to_string) \
    of(g_log_set_default_handler) of(g_log_default_handler)

/* Declared by the real headers: a change of a function's type does not compile. */
static struct {
#define POINTER(name) __typeof__(name) *name;
    FUNCTIONS(POINTER)
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_loaded;
/* In the visit that was begun last. */
static int lacks_usb;

const int semblance_fprint_too_short = FP_DEVICE_RETRY_TOO_SHORT;
const int semblance_fprint_centre = FP_DEVICE_RETRY_CENTER_FINGER;
const int semblance_fprint_remove_finger = FP_DEVICE_RETRY_REMOVE_FINGER;
const int semblance_fprint_busy = FP_DEVICE_ERROR_BUSY;
const int semblance_fprint_already_open = FP_DEVICE_ERROR_ALREADY_OPEN;
const int semblance_fprint_not_supported = FP_DEVICE_ERROR_NOT_SUPPORTED;
const int semblance_fprint_removed = FP_DEVICE_ERROR_REMOVED;
const int semblance_fprint_too_hot = FP_DEVICE_ERROR_TOO_HOT;
const int semblance_fprint_io_cancelled = G_IO_ERROR_CANCELLED;
const int semblance_fprint_io_denied = G_IO_ERROR_PERMISSION_DENIED;
const int semblance_fprint_io_busy = G_IO_ERROR_BUSY;

typedef int finish(struct semblance_fprint_visit *visit);

struct semblance_fprint_visit {
    FpContext *context;
    GPtrArray *devices; /* the context's */
    FpDevice *device;
    GCancellable *cancellable;
    GAsyncResult *result;
    finish *finish;
    FpImage *image;
    GError *error;
    int has_ended;
};

/* What is wrong is told by errors, but for one thing; the library's own words go to whoever asks for them by GLib's variable. */
static void on_message(const char *domain, GLogLevelFlags level, const char *message, void *is_asked_for) {
    if (message && strstr(message, "Could not initialise USB")) lacks_usb = 1;
    if (is_asked_for) library.g_log_default_handler(domain, level, message, NULL);
}

static void load(void) {
    /* GLib's functions are found in what the library itself loads. */
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) return;
    is_loaded = 1;
#define FIND(name) if (!(library.name = (__typeof__(name) *)dlsym(handle, #name))) is_loaded = 0;
    FUNCTIONS(FIND)
    if (is_loaded) library.g_log_set_default_handler(on_message, getenv("G_MESSAGES_DEBUG"));
}

int semblance_fprint_load(void) {
    pthread_once(&once, load);
    return is_loaded ? 0 : -1;
}

static void copy_text(char *to, size_t size, const char *from) {
    size_t length = from ? strnlen(from, size - 1) : 0;
    memcpy(to, from ? from : "", length);
    to[length] = '\0';
}

struct semblance_fprint_visit *semblance_fprint_visit(void) {
    struct semblance_fprint_visit *visit = calloc(1, sizeof *visit);
    if (!visit) return NULL;
    lacks_usb = 0;
    visit->context = library.fp_context_new();
    library.fp_context_enumerate(visit->context);
    visit->devices = library.fp_context_get_devices(visit->context);
    visit->has_ended = 1;
    return visit;
}

int semblance_fprint_lacks_usb(void) {
    return lacks_usb;
}

size_t semblance_fprint_count(const struct semblance_fprint_visit *visit) {
    return visit->devices->len;
}

void semblance_fprint_describe(
    const struct semblance_fprint_visit *visit, size_t index, struct semblance_fprint_info *info) {
    memset(info, 0, sizeof *info);
    if (index >= visit->devices->len) return;
    FpDevice *device = visit->devices->pdata[index];
    copy_text(info->driver, sizeof info->driver, library.fp_device_get_driver(device));
    copy_text(info->identifier, sizeof info->identifier, library.fp_device_get_device_id(device));
    copy_text(info->name, sizeof info->name, library.fp_device_get_name(device));
    info->is_swipe = library.fp_device_get_scan_type(device) == FP_SCAN_TYPE_SWIPE;
    info->gives_pictures = library.fp_device_has_feature(device, FP_DEVICE_FEATURE_CAPTURE) ? 1 : 0;
}

static void forget(struct semblance_fprint_visit *visit) {
    if (visit->result) library.g_object_unref(visit->result);
    if (visit->image) library.g_object_unref(visit->image);
    if (visit->cancellable) library.g_object_unref(visit->cancellable);
    if (visit->error) library.g_error_free(visit->error);
    visit->result = NULL;
    visit->image = NULL;
    visit->cancellable = NULL;
    visit->error = NULL;
}

void semblance_fprint_leave(struct semblance_fprint_visit *visit) {
    forget(visit);
    if (visit->device) library.g_object_unref(visit->device);
    library.g_object_unref(visit->context);
    /* What the library left to be done when its loop comes round, a few things at most. */
    for (int left = 64; left > 0 && library.g_main_context_iteration(NULL, FALSE); left--) {}
    free(visit);
}

static void on_end(GObject *source, GAsyncResult *result, void *data) {
    (void)source;
    struct semblance_fprint_visit *visit = data;
    visit->result = library.g_object_ref(result);
    visit->has_ended = 1;
    visit->finish(visit);
}

static void begin(struct semblance_fprint_visit *visit, finish *finish) {
    forget(visit);
    visit->cancellable = library.g_cancellable_new();
    visit->finish = finish;
    visit->has_ended = 0;
}

static int finish_open(struct semblance_fprint_visit *visit) {
    return library.fp_device_open_finish(visit->device, visit->result, &visit->error);
}

static int finish_capture(struct semblance_fprint_visit *visit) {
    visit->image = library.fp_device_capture_finish(visit->device, visit->result, &visit->error);
    return visit->image != NULL;
}

static int finish_close(struct semblance_fprint_visit *visit) {
    return library.fp_device_close_finish(visit->device, visit->result, &visit->error);
}

void semblance_fprint_open(struct semblance_fprint_visit *visit, size_t index) {
    begin(visit, finish_open);
    if (!visit->device) visit->device = library.g_object_ref(visit->devices->pdata[index]);
    library.fp_device_open(visit->device, visit->cancellable, on_end, visit);
}

void semblance_fprint_capture(struct semblance_fprint_visit *visit) {
    begin(visit, finish_capture);
    library.fp_device_capture(visit->device, TRUE, visit->cancellable, on_end, visit);
}

void semblance_fprint_close(struct semblance_fprint_visit *visit) {
    begin(visit, finish_close);
    library.fp_device_close(visit->device, visit->cancellable, on_end, visit);
}

static int on_time(void *flag) {
    *(int *)flag = 1;
    return FALSE;
}

int semblance_fprint_work(struct semblance_fprint_visit *visit, unsigned milliseconds) {
    int is_over = 0;
    unsigned timer = library.g_timeout_add(milliseconds, on_time, &is_over);
    while (!visit->has_ended && !is_over) library.g_main_context_iteration(NULL, TRUE);
    if (!is_over) library.g_source_remove(timer);
    return visit->has_ended;
}

void semblance_fprint_rest(unsigned milliseconds) {
    int is_over = 0;
    library.g_timeout_add(milliseconds, on_time, &is_over);
    while (!is_over) library.g_main_context_iteration(NULL, TRUE);
}

void semblance_fprint_cancel(struct semblance_fprint_visit *visit) {
    if (visit->cancellable) library.g_cancellable_cancel(visit->cancellable);
}

static int domain(const GError *error) {
    if (error->domain == library.fp_device_retry_quark()) return semblance_fprint_retry;
    if (error->domain == library.fp_device_error_quark()) return semblance_fprint_device;
    if (error->domain == library.g_io_error_quark()) return semblance_fprint_io;
    const char *name = library.g_quark_to_string(error->domain);
    return name && strstr(name, "usb") ? semblance_fprint_usb : semblance_fprint_other;
}

int semblance_fprint_outcome(const struct semblance_fprint_visit *visit, struct semblance_fprint_error *error) {
    if (!visit->error) return 0;
    error->domain = domain(visit->error);
    error->code = visit->error->code;
    copy_text(error->message, sizeof error->message, visit->error->message);
    return -1;
}

int semblance_fprint_finger(const struct semblance_fprint_visit *visit) {
    return visit->device ? (int)library.fp_device_get_finger_status(visit->device) : 0;
}

void semblance_fprint_picture(
    const struct semblance_fprint_visit *visit, struct semblance_fprint_picture *picture) {
    memset(picture, 0, sizeof *picture);
    if (!visit->image) return;
    picture->width = library.fp_image_get_width(visit->image);
    picture->height = library.fp_image_get_height(visit->image);
    picture->per_millimetre = library.fp_image_get_ppmm(visit->image);
    picture->bytes = library.fp_image_get_data(visit->image, &picture->count);
}
