// Integer and floating-point kernels of the reference inference.
//
// Tensors are dense, channel-major (channel, row, column). "Padded" sources have been copied by one of the `_pad_`
// functions, so that every window of the convolution lies inside the buffer: their plane is
// ((out_h - 1) * stride_y + kernel_h) rows of ((out_w - 1) * stride_x + kernel_w) columns.
//
// Integer accumulation is modulo 2^32: a final accumulator that fits 32 bits is exact whatever the partial sums do.
// That it fits is the caller's proof (NeuralNetwork, AccumulatorBounds).

#ifndef SEMBLANCE_INFERENCE_KERNELS_H
#define SEMBLANCE_INFERENCE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Geometry of one convolution; all members positive except the pads, which are not negative.
typedef struct semblance_window {
    size_t kernel_h, kernel_w;
    size_t stride_y, stride_x;
    size_t pad_top, pad_left;
    size_t out_h, out_w;
} semblance_window;

/// Rows and columns of one plane of the padded source.
size_t semblance_padded_height(const semblance_window *window);
size_t semblance_padded_width(const semblance_window *window);

/// Number of 32-bit words of scratch that a convolution over `channels` channels needs.
size_t semblance_panel_words(size_t channels, const semblance_window *window);

/// Adds `source` (channels x height x width) into the zero-initialised padded buffer. `positive_part` adds max(x, 0).
void semblance_pad_add_i16(int16_t *padded, const int16_t *source, size_t channels, size_t height, size_t width,
                           const semblance_window *window, int positive_part);
void semblance_pad_add_f32(float *padded, const float *source, size_t channels, size_t height, size_t width,
                           const semblance_window *window);

/// accumulator[o][y][x] += sum over c, i, j of weights[o][c][i][j] * padded[c][y * stride_y + i][x * stride_x + j].
void semblance_convolution_i32(int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                               size_t out_channels, const semblance_window *window, int32_t *panel);
void semblance_convolution_f32(float *accumulator, const float *padded, const float *weights, size_t channels,
                               size_t out_channels, const semblance_window *window, float *panel);

/// accumulator[c][y][x] += sum over i, j of weights[c][i][j] * padded[c][y * stride_y + i][x * stride_x + j].
void semblance_depthwise_i32(int32_t *accumulator, const int16_t *padded, const int32_t *weights, size_t channels,
                             const semblance_window *window);
void semblance_depthwise_f32(float *accumulator, const float *padded, const float *weights, size_t channels,
                             const semblance_window *window);

/// output = min(max(floor((accumulator + 2^(shift - 1)) / 2^shift), lower), upper), 1 <= shift <= 30.
void semblance_requantise(int16_t *output, const int32_t *accumulator, size_t count, unsigned shift, int32_t lower,
                          int32_t upper);

#endif
