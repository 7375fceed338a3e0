#include "InferenceKernels.h"

// SEMBLANCE_PORTABLE leaves the AVX2 entry points out, to test the others on a machine that has it.
#if defined(__x86_64__) && !defined(SEMBLANCE_PORTABLE)
#define SEMBLANCE_AVX2 __attribute__((target("avx2")))
#define SEMBLANCE_HAVE_AVX2 __builtin_cpu_supports("avx2")
#endif

// The bodies are written once and inlined into a portable and, on x86-64, an AVX2 entry point. No fused multiply-add:
// the floating-point kernels then round alike on both.
#define SEMBLANCE_BODY static inline __attribute__((always_inline))

enum { tile = 16, lanes = 8, rows = 4 };

typedef int32_t vector_i32 __attribute__((vector_size(32), aligned(4), may_alias));
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

#define SEMBLANCE_PAD_BODY(NAME, TYPE)                                                                                 \
    SEMBLANCE_BODY void NAME(TYPE *padded, const TYPE *source, size_t channels, size_t height, size_t width,           \
                             const semblance_window *window, int positive_part) {                                      \
        const size_t padded_height = semblance_padded_height(window), padded_width = semblance_padded_width(window);   \
        if (padded_height <= window->pad_top || padded_width <= window->pad_left) return;                              \
        const size_t copy_rows = minimum(height, padded_height - window->pad_top);                                     \
        const size_t copy_columns = minimum(width, padded_width - window->pad_left);                                   \
        for (size_t c = 0; c < channels; c++) {                                                                        \
            for (size_t y = 0; y < copy_rows; y++) {                                                                   \
                const TYPE *from = source + (c * height + y) * width;                                                  \
                TYPE *to = padded + (c * padded_height + y + window->pad_top) * padded_width + window->pad_left;       \
                if (positive_part) {                                                                                   \
                    for (size_t x = 0; x < copy_columns; x++) to[x] = (TYPE)(to[x] + (from[x] > 0 ? from[x] : 0));     \
                } else {                                                                                               \
                    for (size_t x = 0; x < copy_columns; x++) to[x] = (TYPE)(to[x] + from[x]);                         \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

SEMBLANCE_PAD_BODY(pad_add_i16, int16_t)
SEMBLANCE_PAD_BODY(pad_add_f32, float)

// A panel holds, for `tile` consecutive output positions, the k = channels * kernel_h * kernel_w source values of each,
// transposed: panel[k][position]. Positions beyond the end repeat the last one and are not stored.
// One output position (a dense layer) has a panel of one column and is a matrix-vector product.
#define SEMBLANCE_CONVOLUTION_BODY(NAME, SOURCE, VALUE, VECTOR)                                                        \
    SEMBLANCE_BODY void NAME(VALUE *accumulator, const SOURCE *padded, const VALUE *weights, size_t channels,          \
                             size_t out_channels, const semblance_window *window, VALUE *panel) {                      \
        const size_t plane_width = semblance_padded_width(window);                                                     \
        const size_t plane = semblance_padded_height(window) * plane_width;                                            \
        const size_t depth = channels * window->kernel_h * window->kernel_w;                                           \
        const size_t positions = window->out_h * window->out_w;                                                        \
        if (positions == 1) {                                                                                          \
            for (size_t k = 0; k < depth; k++) panel[k] = (VALUE)padded[k];                                            \
            for (size_t o = 0; o < out_channels; o++) {                                                                \
                const VALUE *row = weights + o * depth;                                                                \
                VECTOR sums[4] = {{0}, {0}, {0}, {0}};                                                                 \
                size_t k = 0;                                                                                          \
                for (; k + 4 * lanes <= depth; k += 4 * lanes) {                                                       \
                    for (int v = 0; v < 4; v++) {                                                                      \
                        sums[v] += *(const VECTOR *)(row + k + v * lanes) * *(const VECTOR *)(panel + k + v * lanes);  \
                    }                                                                                                  \
                }                                                                                                      \
                VECTOR sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);                                                \
                VALUE total = 0;                                                                                       \
                for (int v = 0; v < lanes; v++) total = WRAPPING_ADD(VALUE, total, sum[v]);                            \
                for (; k < depth; k++) total = WRAPPING_ADD(VALUE, total, WRAPPING_MULTIPLY(VALUE, row[k], panel[k])); \
                accumulator[o] = WRAPPING_ADD(VALUE, accumulator[o], total);                                           \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        for (size_t first = 0; first < positions; first += tile) {                                                     \
            const size_t count = minimum(tile, positions - first);                                                     \
            size_t base[tile];                                                                                         \
            int contiguous = 1;                                                                                        \
            for (size_t t = 0; t < tile; t++) {                                                                        \
                const size_t position = first + minimum(t, count - 1);                                                 \
                base[t] = position / window->out_w * window->stride_y * plane_width                                    \
                    + position % window->out_w * window->stride_x;                                                     \
                contiguous &= base[t] == base[0] + t;                                                                  \
            }                                                                                                          \
            VALUE *column = panel;                                                                                     \
            for (size_t c = 0; c < channels; c++) {                                                                    \
                for (size_t i = 0; i < window->kernel_h; i++) {                                                        \
                    for (size_t j = 0; j < window->kernel_w; j++, column += tile) {                                    \
                        const SOURCE *from = padded + c * plane + i * plane_width + j;                                 \
                        if (contiguous) {                                                                              \
                            from += base[0];                                                                           \
                            for (size_t t = 0; t < tile; t++) column[t] = (VALUE)from[t];                              \
                        } else {                                                                                       \
                            for (size_t t = 0; t < tile; t++) column[t] = (VALUE)from[base[t]];                        \
                        }                                                                                              \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
            for (size_t o = 0; o < out_channels; o += rows) {                                                          \
                const size_t used = minimum(rows, out_channels - o);                                                   \
                const VALUE *row[rows];                                                                                \
                for (size_t r = 0; r < rows; r++) row[r] = weights + (o + minimum(r, used - 1)) * depth;               \
                VECTOR sums[rows][2] = {{{0}, {0}}, {{0}, {0}}, {{0}, {0}}, {{0}, {0}}};                               \
                for (size_t k = 0; k < depth; k++) {                                                                   \
                    const VECTOR low = *(const VECTOR *)(panel + k * tile);                                            \
                    const VECTOR high = *(const VECTOR *)(panel + k * tile + lanes);                                   \
                    for (int r = 0; r < rows; r++) {                                                                   \
                        sums[r][0] += row[r][k] * low;                                                                 \
                        sums[r][1] += row[r][k] * high;                                                                \
                    }                                                                                                  \
                }                                                                                                      \
                for (size_t r = 0; r < used; r++) {                                                                    \
                    VALUE *to = accumulator + (o + r) * positions + first;                                             \
                    for (size_t t = 0; t < count; t++) {                                                               \
                        to[t] = WRAPPING_ADD(VALUE, to[t], sums[r][t / lanes][t % lanes]);                             \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

#define SEMBLANCE_DEPTHWISE_BODY(NAME, SOURCE, VALUE)                                                                  \
    SEMBLANCE_BODY void NAME(VALUE *accumulator, const SOURCE *padded, const VALUE *weights, size_t channels,          \
                             const semblance_window *window) {                                                         \
        const size_t plane_width = semblance_padded_width(window);                                                     \
        const size_t plane = semblance_padded_height(window) * plane_width;                                            \
        const size_t stride = window->stride_x, out_w = window->out_w;                                                 \
        for (size_t c = 0; c < channels; c++) {                                                                        \
            for (size_t y = 0; y < window->out_h; y++) {                                                               \
                VALUE *to = accumulator + (c * window->out_h + y) * out_w;                                             \
                for (size_t i = 0; i < window->kernel_h; i++) {                                                        \
                    const SOURCE *line = padded + c * plane + (y * window->stride_y + i) * plane_width;                \
                    const VALUE *row = weights + (c * window->kernel_h + i) * window->kernel_w;                        \
                    for (size_t j = 0; j < window->kernel_w; j++) {                                                    \
                        const VALUE weight = row[j];                                                                   \
                        const SOURCE *from = line + j;                                                                 \
                        if (stride == 1) {                                                                             \
                            for (size_t x = 0; x < out_w; x++) {                                                       \
                                to[x] = WRAPPING_ADD(VALUE, to[x], WRAPPING_MULTIPLY(VALUE, weight, (VALUE)from[x]));  \
                            }                                                                                          \
                        } else {                                                                                       \
                            for (size_t x = 0; x < out_w; x++) {                                                       \
                                to[x] = WRAPPING_ADD(                                                                  \
                                    VALUE, to[x], WRAPPING_MULTIPLY(VALUE, weight, (VALUE)from[x * stride]));          \
                            }                                                                                          \
                        }                                                                                              \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

// Signed overflow is undefined in C, so the integer kernels add and multiply as unsigned words, and use unsigned
// vectors.
typedef uint32_t vector_u32 __attribute__((vector_size(32), aligned(4), may_alias));

#define WRAPPING_ADD(TYPE, A, B) ((TYPE)((A) + (B)))
#define WRAPPING_MULTIPLY(TYPE, A, B) ((TYPE)((A) * (B)))

SEMBLANCE_CONVOLUTION_BODY(convolution_u32, int16_t, uint32_t, vector_u32)
SEMBLANCE_CONVOLUTION_BODY(convolution_f32, float, float, vector_f32)
SEMBLANCE_DEPTHWISE_BODY(depthwise_u32, int16_t, uint32_t)
SEMBLANCE_DEPTHWISE_BODY(depthwise_f32, float, float)

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
                   convolution_u32((uint32_t *)accumulator, padded, (const uint32_t *)weights, channels, out_channels,
                                   window, (uint32_t *)panel))
SEMBLANCE_DISPATCH(run_convolution_f32,
                   (float *accumulator, const float *padded, const float *weights, size_t channels,
                    size_t out_channels, const semblance_window *window, float *panel),
                   convolution_f32(accumulator, padded, weights, channels, out_channels, window, panel))
SEMBLANCE_DISPATCH(run_depthwise_i32,
                   (int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                    const semblance_window *window),
                   depthwise_u32((uint32_t *)accumulator, padded, (const uint32_t *)weights, channels, window))
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
    pad_add_i16(padded, source, channels, height, width, window, positive_part);
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
