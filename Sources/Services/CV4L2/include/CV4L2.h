/*
 * Video4Linux (linux/videodev2.h) as Swift can call it: ioctls are variadic macros, and their structures unions. Each function
 * is one ioctl, tried again when a signal interrupts it. What a driver writes is handed on as it is: Swift judges it.
 *
 * All return 0 or a count, or -1 with errno.
 */
#ifndef SEMBLANCE_CV4L2_H
#define SEMBLANCE_CV4L2_H

#include <stddef.h>
#include <stdint.h>

/* The text fields of a driver, ended by a NUL whatever it wrote. */
struct semblance_video_capability {
    char driver[17];
    char card[33];
    char bus[33];
    /* V4L2_CAP_* of this node. */
    uint32_t capabilities;
};

struct semblance_video_format {
    uint32_t code; /* V4L2_PIX_FMT_*, a FourCC */
    uint32_t width, height;
    uint32_t bytes_per_line;
    uint32_t size;
    /* 1 where samples use all of 0...255, else 0 (16...235). */
    int is_full_range;
};

/* Discrete where the steps are 0. */
struct semblance_video_size {
    uint32_t least_width, greatest_width, width_step;
    uint32_t least_height, greatest_height, height_step;
};

struct semblance_video_buffer {
    uint32_t index;
    uint32_t used;
    int is_damaged; /* V4L2_BUF_FLAG_ERROR */
};

extern const uint32_t semblance_video_capture, semblance_video_streaming, semblance_video_metadata;
extern const uint32_t semblance_video_yuyv, semblance_video_mjpeg, semblance_video_jpeg, semblance_video_nv12,
    semblance_video_grey, semblance_video_y10, semblance_video_y16;

/* Opens a character device of Video4Linux's major number, not blocking; ENODEV for anything else. No link is followed. */
int semblance_video_open(const char *path);

int semblance_video_capability(int descriptor, struct semblance_video_capability *capability);

/* The format of that index; EINVAL after the last. */
int semblance_video_enumerate_format(int descriptor, uint32_t index, uint32_t *code);
int semblance_video_enumerate_size(int descriptor, uint32_t index, uint32_t code, struct semblance_video_size *size);
/* In: code, width, height. Out: what the driver made of it. */
int semblance_video_set_format(int descriptor, struct semblance_video_format *format);
/* Asks for frames a second; a driver that has no choice refuses or does as it likes. */
int semblance_video_set_rate(int descriptor, uint32_t frames);
/* 1 or 0: whether the camera's own shutter is closed (V4L2_CID_PRIVACY); -1 where it has no such switch. */
int semblance_video_is_covered(int descriptor);

/* Asks for that many buffers, or gives all back (0); returns how many there are. */
int semblance_video_request_buffers(int descriptor, uint32_t count);
/* Maps a buffer for reading; its length is the driver's word, at most `limit` (else EOVERFLOW). */
int semblance_video_map(int descriptor, uint32_t index, size_t limit, const void **start, size_t *length);
void semblance_video_unmap(const void *start, size_t length);
int semblance_video_queue(int descriptor, uint32_t index);
/* EAGAIN where none is filled. */
int semblance_video_dequeue(int descriptor, struct semblance_video_buffer *buffer);
int semblance_video_start(int descriptor);
int semblance_video_stop(int descriptor);
/* 1 when a buffer is filled or the device is in error, 0 after that many milliseconds. */
int semblance_video_wait(int descriptor, int milliseconds);

#endif
