/*
 * libfprint (libfprint-2.so.2) as Swift can use it: GObject's types, callbacks and main loop stay behind these functions. The
 * library is loaded when a reader is asked for, and not before: whoever has none maps no USB library, and needs none installed.
 *
 * libfprint runs on GLib's default main context, which nothing else of this process uses: one visit at a time, by one thread at a
 * time. What a driver says is handed on as it is: Swift judges it.
 */
#ifndef SEMBLANCE_CFPRINT_H
#define SEMBLANCE_CFPRINT_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -1 where the library is not installed, or lacks a function. Loaded once; it is not unloaded. */
int semblance_fprint_load(void);

struct semblance_fprint_info {
    /* Ended by a NUL whatever the driver wrote; cut off where it is longer. */
    char driver[64];
    char identifier[128];
    char name[128];
    int is_swipe;
    /* 0 where it compares fingers itself and shows nothing. */
    int gives_pictures;
};

/* A look at the machine's readers, of which one can be opened. */
struct semblance_fprint_visit;

/* Asks for the readers that there are, which may block as long as USB does. After semblance_fprint_load() only. */
struct semblance_fprint_visit *semblance_fprint_visit(void);
/* Whether libusb did not start for the visit that was begun last: then there are no USB readers, whatever is plugged in. */
int semblance_fprint_lacks_usb(void);
size_t semblance_fprint_count(const struct semblance_fprint_visit *visit);
void semblance_fprint_describe(
    const struct semblance_fprint_visit *visit, size_t index, struct semblance_fprint_info *info);
/* No step may be going on, and what was opened must be closed. */
void semblance_fprint_leave(struct semblance_fprint_visit *visit);

/* Begins a step; the one before must have ended. */
void semblance_fprint_open(struct semblance_fprint_visit *visit, size_t index);
void semblance_fprint_capture(struct semblance_fprint_visit *visit);
void semblance_fprint_close(struct semblance_fprint_visit *visit);

/* Lets the driver work until the step has ended, at most that long; 1 if it has. */
int semblance_fprint_work(struct semblance_fprint_visit *visit, unsigned milliseconds);
/* Lets the driver tidy up between steps, for that long. */
void semblance_fprint_rest(unsigned milliseconds);
/* Asks the driver to end the step early: it ends in its own time. */
void semblance_fprint_cancel(struct semblance_fprint_visit *visit);

enum {
    semblance_fprint_retry, /* FpDeviceRetry */
    semblance_fprint_device, /* FpDeviceError */
    semblance_fprint_usb, /* GUsbDeviceError */
    semblance_fprint_io, /* GIOErrorEnum */
    semblance_fprint_other,
};

struct semblance_fprint_error {
    int domain;
    int code;
    char message[256];
};

/* How the step that has ended did: 0, or -1 with the error. */
int semblance_fprint_outcome(const struct semblance_fprint_visit *visit, struct semblance_fprint_error *error);

/* FpFingerStatusFlags: 1 a finger is wanted, 2 one is there. */
int semblance_fprint_finger(const struct semblance_fprint_visit *visit);

struct semblance_fprint_picture {
    uint32_t width, height;
    /* Of the bytes, row by row, ridges dark; NULL where there is no picture. They live until the next step. */
    size_t count;
    const uint8_t *bytes;
    /* Pixels a millimetre; 0 where the driver does not say. */
    double per_millimetre;
};

/* What a capture gave. */
void semblance_fprint_picture(
    const struct semblance_fprint_visit *visit, struct semblance_fprint_picture *picture);

/* Codes that Swift tells apart, by libfprint's and GLib's own headers. */
extern const int semblance_fprint_too_short, semblance_fprint_centre, semblance_fprint_remove_finger;
extern const int semblance_fprint_busy, semblance_fprint_already_open, semblance_fprint_not_supported;
extern const int semblance_fprint_removed, semblance_fprint_too_hot;
extern const int semblance_fprint_io_cancelled, semblance_fprint_io_denied, semblance_fprint_io_busy;

#endif
