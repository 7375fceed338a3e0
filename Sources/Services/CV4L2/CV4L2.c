#define _GNU_SOURCE
#include "CV4L2.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define VIDEO_MAJOR 81

const uint32_t semblance_video_capture = V4L2_CAP_VIDEO_CAPTURE;
const uint32_t semblance_video_streaming = V4L2_CAP_STREAMING;
const uint32_t semblance_video_metadata = V4L2_CAP_META_CAPTURE;
const uint32_t semblance_video_yuyv = V4L2_PIX_FMT_YUYV;
const uint32_t semblance_video_mjpeg = V4L2_PIX_FMT_MJPEG;
const uint32_t semblance_video_jpeg = V4L2_PIX_FMT_JPEG;
const uint32_t semblance_video_nv12 = V4L2_PIX_FMT_NV12;
const uint32_t semblance_video_grey = V4L2_PIX_FMT_GREY;
const uint32_t semblance_video_y10 = V4L2_PIX_FMT_Y10;
const uint32_t semblance_video_y16 = V4L2_PIX_FMT_Y16;

static int ask(int descriptor, unsigned long request, void *argument) {
    int result;
    do {
        result = ioctl(descriptor, request, argument);
    } while (result == -1 && errno == EINTR);
    return result;
}

static void copy_text(char *to, const void *from, size_t count) {
    memcpy(to, from, count);
    to[count] = '\0';
}

int semblance_video_open(const char *path) {
    int descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (descriptor < 0) return -1;
    struct stat info;
    if (fstat(descriptor, &info) == 0 && S_ISCHR(info.st_mode) && major(info.st_rdev) == VIDEO_MAJOR) return descriptor;
    close(descriptor);
    errno = ENODEV;
    return -1;
}

int semblance_video_capability(int descriptor, struct semblance_video_capability *capability) {
    struct v4l2_capability asked = {0};
    if (ask(descriptor, VIDIOC_QUERYCAP, &asked) != 0) return -1;
    copy_text(capability->driver, asked.driver, sizeof asked.driver);
    copy_text(capability->card, asked.card, sizeof asked.card);
    copy_text(capability->bus, asked.bus_info, sizeof asked.bus_info);
    /* Those of the device are more than this node's. */
    capability->capabilities = asked.capabilities & V4L2_CAP_DEVICE_CAPS ? asked.device_caps : asked.capabilities;
    return 0;
}

int semblance_video_enumerate_format(int descriptor, uint32_t index, uint32_t *code) {
    struct v4l2_fmtdesc asked = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    if (ask(descriptor, VIDIOC_ENUM_FMT, &asked) != 0) return -1;
    *code = asked.pixelformat;
    return 0;
}

int semblance_video_enumerate_size(int descriptor, uint32_t index, uint32_t code, struct semblance_video_size *size) {
    struct v4l2_frmsizeenum asked = {.index = index, .pixel_format = code};
    if (ask(descriptor, VIDIOC_ENUM_FRAMESIZES, &asked) != 0) return -1;
    if (asked.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
        *size = (struct semblance_video_size){
            .least_width = asked.discrete.width,
            .greatest_width = asked.discrete.width,
            .least_height = asked.discrete.height,
            .greatest_height = asked.discrete.height,
        };
    } else {
        *size = (struct semblance_video_size){
            asked.stepwise.min_width,  asked.stepwise.max_width,  asked.stepwise.step_width,
            asked.stepwise.min_height, asked.stepwise.max_height, asked.stepwise.step_height,
        };
    }
    return 0;
}

/* What V4L2_MAP_QUANTIZATION_DEFAULT says of formats that hold luma. */
static int is_full_range(const struct v4l2_pix_format *format) {
    if (format->quantization != V4L2_QUANTIZATION_DEFAULT) return format->quantization == V4L2_QUANTIZATION_FULL_RANGE;
    switch (format->pixelformat) {
    case V4L2_PIX_FMT_YUYV:
    case V4L2_PIX_FMT_NV12: return format->colorspace == V4L2_COLORSPACE_JPEG;
    default: return 1;
    }
}

int semblance_video_set_format(int descriptor, struct semblance_video_format *format) {
    struct v4l2_format asked = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    asked.fmt.pix.pixelformat = format->code;
    asked.fmt.pix.width = format->width;
    asked.fmt.pix.height = format->height;
    asked.fmt.pix.field = V4L2_FIELD_NONE;
    if (ask(descriptor, VIDIOC_S_FMT, &asked) != 0) return -1;
    *format = (struct semblance_video_format){
        .code = asked.fmt.pix.pixelformat,
        .width = asked.fmt.pix.width,
        .height = asked.fmt.pix.height,
        .bytes_per_line = asked.fmt.pix.bytesperline,
        .size = asked.fmt.pix.sizeimage,
        .is_full_range = is_full_range(&asked.fmt.pix),
    };
    return 0;
}

int semblance_video_set_rate(int descriptor, uint32_t frames) {
    struct v4l2_streamparm asked = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    asked.parm.capture.timeperframe = (struct v4l2_fract){.numerator = 1, .denominator = frames};
    return ask(descriptor, VIDIOC_S_PARM, &asked);
}

int semblance_video_is_covered(int descriptor) {
    struct v4l2_control control = {.id = V4L2_CID_PRIVACY};
    if (ask(descriptor, VIDIOC_G_CTRL, &control) != 0) return -1;
    return control.value != 0;
}

int semblance_video_request_buffers(int descriptor, uint32_t count) {
    struct v4l2_requestbuffers asked = {
        .count = count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (ask(descriptor, VIDIOC_REQBUFS, &asked) != 0) return -1;
    return asked.count > INT32_MAX ? INT32_MAX : (int)asked.count;
}

static struct v4l2_buffer buffer_of(uint32_t index) {
    return (struct v4l2_buffer){
        .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
}

int semblance_video_map(int descriptor, uint32_t index, size_t limit, const void **start, size_t *length) {
    struct v4l2_buffer asked = buffer_of(index);
    if (ask(descriptor, VIDIOC_QUERYBUF, &asked) != 0) return -1;
    if (asked.length == 0 || asked.length > limit) {
        errno = EOVERFLOW;
        return -1;
    }
    void *mapped = mmap(NULL, asked.length, PROT_READ, MAP_SHARED, descriptor, asked.m.offset);
    if (mapped == MAP_FAILED) return -1;
    *start = mapped;
    *length = asked.length;
    return 0;
}

void semblance_video_unmap(const void *start, size_t length) {
    munmap((void *)start, length);
}

int semblance_video_queue(int descriptor, uint32_t index) {
    struct v4l2_buffer asked = buffer_of(index);
    return ask(descriptor, VIDIOC_QBUF, &asked);
}

int semblance_video_dequeue(int descriptor, struct semblance_video_buffer *buffer) {
    struct v4l2_buffer asked = buffer_of(0);
    if (ask(descriptor, VIDIOC_DQBUF, &asked) != 0) return -1;
    *buffer = (struct semblance_video_buffer){
        .index = asked.index, .used = asked.bytesused, .is_damaged = (asked.flags & V4L2_BUF_FLAG_ERROR) != 0};
    return 0;
}

int semblance_video_start(int descriptor) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return ask(descriptor, VIDIOC_STREAMON, &type);
}

int semblance_video_stop(int descriptor) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return ask(descriptor, VIDIOC_STREAMOFF, &type);
}

int semblance_video_wait(int descriptor, int milliseconds) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&entry, 1, milliseconds);
    if (ready < 0 && errno == EINTR) return 0;
    return ready;
}
