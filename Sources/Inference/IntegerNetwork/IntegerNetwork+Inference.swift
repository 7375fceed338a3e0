import InferenceKernels
import Models

extension IntegerNetwork {
    /// Runs the network.
    ///
    /// - Parameter pixels: `input.count` bytes, channel by channel.
    /// - Returns: `dimension` entries.
    public func embed(_ pixels: [UInt8]) throws(ModelError) -> [Int16] {
        var blocks: [[Int16]] = []
        // A block is dropped after the last layer that reads it.
        var lastReader = [Int](repeating: -1, count: layers.count + 1)
        for (index, layer) in layers.enumerated() {
            for term in layer.terms {
                for source in term.sources { lastReader[source.block] = index }
            }
        }
        try run(from: 0, values(pixels), blocks: &blocks) { index, blocks, _ in
            for block in blocks.indices.dropLast() where lastReader[block] <= index { blocks[block] = [] }
        }
        return blocks.last ?? []
    }

    /// Runs the network and keeps every activation and accumulator.
    public func trace(_ pixels: [UInt8]) throws(ModelError) -> NetworkTraceValues {
        try trace(from: 0, values(pixels))
    }

    /// Runs the layers behind a block; what is before it stays empty.
    ///
    /// - Parameters:
    ///   - start: 0 for the input, or a block that the network can be cut at.
    ///   - values: the block, in its range.
    public func trace(from start: Int, _ values: [Int16]) throws(ModelError) -> NetworkTraceValues {
        var blocks: [[Int16]] = []
        var accumulators = [[Int32]](repeating: [], count: start)
        try run(from: start, values, blocks: &blocks) { _, _, accumulator in accumulators.append(accumulator) }
        return NetworkTraceValues(blocks: blocks, accumulators: accumulators)
    }

    private func values(_ pixels: [UInt8]) -> [Int16] { pixels.map { Int16($0) - 128 } }

    private func run(
        from start: Int,
        _ values: [Int16],
        blocks: inout [[Int16]],
        afterLayer: (Int, inout [[Int16]], [Int32]) -> Void
    ) throws(ModelError) {
        guard start == 0 || description.canStart(at: start), values.count == shape(ofBlock: start).count,
            values.allSatisfy({ range(ofBlock: start).contains(Int($0)) })
        else { throw .wrongInputSize }
        blocks = [[Int16]](repeating: [], count: start) + [values]
        for (index, layer) in layers.enumerated().dropFirst(start) {
            let accumulator = accumulate(layer, blocks: blocks)
            blocks.append(activate(accumulator, table: tables[layer.table]))
            afterLayer(index, &blocks, accumulator)
        }
    }

    private func accumulate(_ layer: Layer, blocks: [[Int16]]) -> [Int32] {
        let positions = layer.output.height * layer.output.width
        var accumulator = [Int32](unsafeUninitializedCapacity: layer.output.count) { buffer, count in
            for (o, bias) in layer.bias.enumerated() {
                UnsafeMutableBufferPointer(rebasing: buffer[o * positions..<(o + 1) * positions]).initialize(
                    repeating: bias
                )
            }
            count = layer.output.count
        }
        for term in layer.terms {
            let source = shape(ofBlock: term.sources[0].block)
            var window = term.window(output: layer.output)
            let plane = semblance_padded_height(&window) * semblance_padded_width(&window)
            var padded = [Int16](repeating: 0, count: source.channels * plane)
            for column in term.sources {
                semblance_pad_add_i16(
                    &padded,
                    blocks[column.block],
                    source.channels,
                    source.height,
                    source.width,
                    &window,
                    column.column == .positivePart ? 1 : 0
                )
            }
            switch term.kind {
            case .convolution:
                var panel = [Int32](repeating: 0, count: semblance_panel_words(source.channels, &window))
                semblance_convolution_i32(
                    &accumulator,
                    padded,
                    term.weights,
                    source.channels,
                    layer.output.channels,
                    &window,
                    &panel
                )
            case .depthwise:
                semblance_depthwise_i32(&accumulator, padded, term.weights, source.channels, &window)
            }
        }
        return accumulator
    }

    private func activate(_ accumulator: [Int32], table: ActivationTable) -> [Int16] {
        switch table {
        case .clip(let lower, let upper):
            [Int16](unsafeUninitializedCapacity: accumulator.count) { buffer, count in
                if let output = buffer.baseAddress {
                    semblance_requantise(
                        output,
                        accumulator,
                        accumulator.count,
                        UInt32(shift),
                        Int32(lower),
                        Int32(upper)
                    )
                }
                count = accumulator.count
            }
        case .quadratic, .gate:
            accumulator.map { value in
                let half = Int32(1) << Int32(shift - 1)
                return Int16(truncatingIfNeeded: table.value(at: Int((value &+ half) >> Int32(shift))))
            }
        }
    }
}

extension LinearTerm {
    func window(output: TensorShape) -> semblance_window {
        semblance_window(
            kernel_h: self.kernelHeight,
            kernel_w: self.kernelWidth,
            stride_y: self.strideY,
            stride_x: self.strideX,
            pad_top: self.padTop,
            pad_left: self.padLeft,
            out_h: output.height,
            out_w: output.width
        )
    }
}
