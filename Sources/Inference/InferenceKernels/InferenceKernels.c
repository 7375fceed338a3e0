#include "InferenceKernels.h"

// SEMBLANCE_PORTABLE leaves the AVX2 entry points out, to test the others on a machine that has it.
#if defined(__x86_64__) && !defined(SEMBLANCE_PORTABLE)
#define SEMBLANCE_AVX2 __attribute__((target("avx2")))
#define SEMBLANCE_HAVE_AVX2 __builtin_cpu_supports("avx2")
#endif

// The bodies are written once, in KernelBodies.h, and inlined into a portable and, on x86-64, an AVX2 entry point. No fused
// multiply-add: the floating-point kernels then round alike on both.
#define SEMBLANCE_BODY static inline __attribute__((always_inline))

enum { tile = 16, lanes = 8, rows = 4 };

typedef uint32_t vector_u32 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float vector_f32 __attribute__((vector_size(32), aligned(4), may_alias));

size_t semblance_padded_height(const semblance_window *window) {
    return (window->out_h - 1) * window->stride_y + window->kernel_h;
}

size_t semblance_padded_width(const semblance_window *window) {
    return (window->out_w - 1) * window->stride_x + window->kernel_w;
}

size_t semblance_panel_words(size_t channels, const semblance_window *window) {
    return channels * window->kernel_h * window->kernel_w * (window->out_h * window->out_w == 1 ? 1 : tile);
}

SEMBLANCE_BODY size_t minimum(size_t a, size_t b) { return a < b ? a : b; }

#define SOURCE int16_t
#define VALUE uint32_t
#define VECTOR vector_u32
#define NAMED(KERNEL) KERNEL##_integer
#include "KernelBodies.h"

#define SOURCE float
#define VALUE float
#define VECTOR vector_f32
#define NAMED(KERNEL) KERNEL##_f32
#include "KernelBodies.h"

SEMBLANCE_BODY void requantise(int16_t *output, const int32_t *accumulator, size_t count, unsigned shift, int32_t lower,
                               int32_t upper) {
    const uint32_t half = UINT32_C(1) << (shift - 1);
    for (size_t n = 0; n < count; n++) {
        const int32_t quotient = (int32_t)((uint32_t)accumulator[n] + half) >> shift;
        const int32_t raised = quotient < lower ? lower : quotient;
        output[n] = (int16_t)(raised > upper ? upper : raised);
    }
}

#if defined(SEMBLANCE_AVX2)
#define SEMBLANCE_DISPATCH(NAME, PARAMETERS, BODY)                                                                     \
    SEMBLANCE_AVX2 static void NAME##_avx2 PARAMETERS { BODY; }                                                        \
    static void NAME##_portable PARAMETERS { BODY; }
#define SEMBLANCE_CALL(NAME, ARGUMENTS)                                                                                \
    do {                                                                                                               \
        if (SEMBLANCE_HAVE_AVX2) {                                                                                     \
            NAME##_avx2 ARGUMENTS;                                                                                     \
        } else {                                                                                                       \
            NAME##_portable ARGUMENTS;                                                                                 \
        }                                                                                                              \
    } while (0)
#else
#define SEMBLANCE_DISPATCH(NAME, PARAMETERS, BODY)                                                                     \
    static void NAME##_portable PARAMETERS { BODY; }
#define SEMBLANCE_CALL(NAME, ARGUMENTS) NAME##_portable ARGUMENTS
#endif

SEMBLANCE_DISPATCH(run_convolution_i32,
                   (int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                    size_t out_channels, const semblance_window *window, int32_t *panel),
                   convolution_integer((uint32_t *)accumulator, padded, (const uint32_t *)weights, channels, out_channels,
                                   window, (uint32_t *)panel))
SEMBLANCE_DISPATCH(run_convolution_f32,
                   (float *accumulator, const float *padded, const float *weights, size_t channels,
                    size_t out_channels, const semblance_window *window, float *panel),
                   convolution_f32(accumulator, padded, weights, channels, out_channels, window, panel))
SEMBLANCE_DISPATCH(run_depthwise_i32,
                   (int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                    const semblance_window *window),
                   depthwise_integer((uint32_t *)accumulator, padded, (const uint32_t *)weights, channels, window))
SEMBLANCE_DISPATCH(run_depthwise_f32,
                   (float *accumulator, const float *padded, const float *weights, size_t channels,
                    const semblance_window *window),
                   depthwise_f32(accumulator, padded, weights, channels, window))
SEMBLANCE_DISPATCH(run_requantise,
                   (int16_t *output, const int32_t *accumulator, size_t count, unsigned shift, int32_t lower,
                    int32_t upper),
                   requantise(output, accumulator, count, shift, lower, upper))

void semblance_pad_add_i16(int16_t *padded, const int16_t *source, size_t channels, size_t height, size_t width,
                           const semblance_window *window, int positive_part) {
    pad_add_integer(padded, source, channels, height, width, window, positive_part);
}

void semblance_pad_add_f32(float *padded, const float *source, size_t channels, size_t height, size_t width,
                           const semblance_window *window) {
    pad_add_f32(padded, source, channels, height, width, window, 0);
}

void semblance_convolution_i32(int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                               size_t out_channels, const semblance_window *window, int32_t *panel) {
    SEMBLANCE_CALL(run_convolution_i32, (accumulator, padded, weights, channels, out_channels, window, panel));
}

void semblance_convolution_f32(float *accumulator, const float *padded, const float *weights, size_t channels,
                               size_t out_channels, const semblance_window *window, float *panel) {
    SEMBLANCE_CALL(run_convolution_f32, (accumulator, padded, weights, channels, out_channels, window, panel));
}

void semblance_depthwise_i32(int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                             const semblance_window *window) {
    SEMBLANCE_CALL(run_depthwise_i32, (accumulator, padded, weights, channels, window));
}

void semblance_depthwise_f32(float *accumulator, const float *padded, const float *weights, size_t channels,
                             const semblance_window *window) {
    SEMBLANCE_CALL(run_depthwise_f32, (accumulator, padded, weights, channels, window));
}

void semblance_requantise(int16_t *output, const int32_t *accumulator, size_t count, unsigned shift, int32_t lower,
                          int32_t upper) {
    SEMBLANCE_CALL(run_requantise, (output, accumulator, count, shift, lower, upper));
}
