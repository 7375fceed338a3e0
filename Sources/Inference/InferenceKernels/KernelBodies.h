// The kernels' bodies, included once for each type of values: no include guard. Defined by whoever includes it:
//
//   SOURCE   element of a padded source: int16_t or float
//   VALUE    weight and accumulator: uint32_t, whose arithmetic wraps (signed overflow is undefined in C), or float
//   VECTOR   `lanes` of VALUE
//   NAMED(KERNEL)   the kernel's name for these types

// Adds the source into a padded buffer; see semblance_pad_add_i16.
SEMBLANCE_BODY void NAMED(pad_add)(SOURCE *padded, const SOURCE *source, size_t channels, size_t height, size_t width,
                                   const semblance_window *window, int positive_part) {
    const size_t padded_height = semblance_padded_height(window), padded_width = semblance_padded_width(window);
    if (padded_height <= window->pad_top || padded_width <= window->pad_left) return;
    const size_t copy_rows = minimum(height, padded_height - window->pad_top);
    const size_t copy_columns = minimum(width, padded_width - window->pad_left);
    for (size_t c = 0; c < channels; c++) {
        for (size_t y = 0; y < copy_rows; y++) {
            const SOURCE *from = source + (c * height + y) * width;
            SOURCE *to = padded + (c * padded_height + y + window->pad_top) * padded_width + window->pad_left;
            if (positive_part) {
                for (size_t x = 0; x < copy_columns; x++) to[x] = (SOURCE)(to[x] + (from[x] > 0 ? from[x] : 0));
            } else {
                for (size_t x = 0; x < copy_columns; x++) to[x] = (SOURCE)(to[x] + from[x]);
            }
        }
    }
}

// A convolution with one output position, a dense layer, is a matrix-vector product: four vectors of partial sums.
SEMBLANCE_BODY void NAMED(product)(VALUE *accumulator, const SOURCE *padded, const VALUE *weights, size_t depth,
                                   size_t out_channels, VALUE *panel) {
    for (size_t k = 0; k < depth; k++) panel[k] = (VALUE)padded[k];
    for (size_t o = 0; o < out_channels; o++) {
        const VALUE *row = weights + o * depth;
        VECTOR sums[4] = {{0}, {0}, {0}, {0}};
        size_t k = 0;
        for (; k + 4 * lanes <= depth; k += 4 * lanes) {
            for (int v = 0; v < 4; v++) {
                sums[v] += *(const VECTOR *)(row + k + v * lanes) * *(const VECTOR *)(panel + k + v * lanes);
            }
        }
        VECTOR sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        VALUE total = 0;
        for (int v = 0; v < lanes; v++) total += sum[v];
        for (; k < depth; k++) total += row[k] * panel[k];
        accumulator[o] += total;
    }
}

// A panel holds, for `tile` consecutive output positions, the k = channels * kernel_h * kernel_w source values of each,
// transposed: panel[k][position]. Positions beyond the end repeat the last one and are not stored.
SEMBLANCE_BODY void NAMED(fill_panel)(VALUE *panel, const SOURCE *padded, size_t channels,
                                      const semblance_window *window, size_t first, size_t count) {
    const size_t plane_width = semblance_padded_width(window);
    const size_t plane = semblance_padded_height(window) * plane_width;
    size_t base[tile];
    int contiguous = 1;
    for (size_t t = 0; t < tile; t++) {
        const size_t position = first + minimum(t, count - 1);
        base[t] = position / window->out_w * window->stride_y * plane_width
            + position % window->out_w * window->stride_x;
        contiguous &= base[t] == base[0] + t;
    }
    VALUE *column = panel;
    for (size_t c = 0; c < channels; c++) {
        for (size_t i = 0; i < window->kernel_h; i++) {
            for (size_t j = 0; j < window->kernel_w; j++, column += tile) {
                const SOURCE *from = padded + c * plane + i * plane_width + j;
                if (contiguous) {
                    from += base[0];
                    for (size_t t = 0; t < tile; t++) column[t] = (VALUE)from[t];
                } else {
                    for (size_t t = 0; t < tile; t++) column[t] = (VALUE)from[base[t]];
                }
            }
        }
    }
}

// Adds the products of `rows` output channels at a time with the panel, each two vectors wide; the last channel stands in
// for those beyond the end.
SEMBLANCE_BODY void NAMED(multiply_panel)(VALUE *accumulator, const VALUE *weights, size_t depth, size_t out_channels,
                                          size_t positions, size_t first, size_t count, const VALUE *panel) {
    for (size_t o = 0; o < out_channels; o += rows) {
        const size_t used = minimum(rows, out_channels - o);
        const VALUE *row[rows];
        for (size_t r = 0; r < rows; r++) row[r] = weights + (o + minimum(r, used - 1)) * depth;
        VECTOR sums[rows][2] = {{{0}, {0}}, {{0}, {0}}, {{0}, {0}}, {{0}, {0}}};
        for (size_t k = 0; k < depth; k++) {
            const VECTOR low = *(const VECTOR *)(panel + k * tile);
            const VECTOR high = *(const VECTOR *)(panel + k * tile + lanes);
            for (int r = 0; r < rows; r++) {
                sums[r][0] += row[r][k] * low;
                sums[r][1] += row[r][k] * high;
            }
        }
        for (size_t r = 0; r < used; r++) {
            VALUE *to = accumulator + (o + r) * positions + first;
            for (size_t t = 0; t < count; t++) to[t] += sums[r][t / lanes][t % lanes];
        }
    }
}

// See semblance_convolution_i32.
SEMBLANCE_BODY void NAMED(convolution)(VALUE *accumulator, const SOURCE *padded, const VALUE *weights, size_t channels,
                                       size_t out_channels, const semblance_window *window, VALUE *panel) {
    const size_t depth = channels * window->kernel_h * window->kernel_w;
    const size_t positions = window->out_h * window->out_w;
    if (positions == 1) {
        NAMED(product)(accumulator, padded, weights, depth, out_channels, panel);
        return;
    }
    for (size_t first = 0; first < positions; first += tile) {
        const size_t count = minimum(tile, positions - first);
        NAMED(fill_panel)(panel, padded, channels, window, first, count);
        NAMED(multiply_panel)(accumulator, weights, depth, out_channels, positions, first, count, panel);
    }
}

// See semblance_depthwise_i32.
SEMBLANCE_BODY void NAMED(depthwise)(VALUE *accumulator, const SOURCE *padded, const VALUE *weights, size_t channels,
                                     const semblance_window *window) {
    const size_t plane_width = semblance_padded_width(window);
    const size_t plane = semblance_padded_height(window) * plane_width;
    const size_t stride = window->stride_x, out_w = window->out_w;
    for (size_t c = 0; c < channels; c++) {
        for (size_t y = 0; y < window->out_h; y++) {
            VALUE *to = accumulator + (c * window->out_h + y) * out_w;
            for (size_t i = 0; i < window->kernel_h; i++) {
                const SOURCE *line = padded + c * plane + (y * window->stride_y + i) * plane_width;
                const VALUE *row = weights + (c * window->kernel_h + i) * window->kernel_w;
                for (size_t j = 0; j < window->kernel_w; j++) {
                    const VALUE weight = row[j];
                    const SOURCE *from = line + j;
                    if (stride == 1) {
                        for (size_t x = 0; x < out_w; x++) to[x] += weight * (VALUE)from[x];
                    } else {
                        for (size_t x = 0; x < out_w; x++) to[x] += weight * (VALUE)from[x * stride];
                    }
                }
            }
        }
    }
}

#undef SOURCE
#undef VALUE
#undef VECTOR
#undef NAMED
