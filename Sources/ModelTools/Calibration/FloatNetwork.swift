import InferenceKernels
import Models

/// An imported network in floating point: what is calibrated and what the integer network is compared with.
struct FloatNetwork {
    var input: TensorShape
    /// The network reads (pixel - mean) / scale; its own zero padding is 0 after that.
    var mean: Float
    var scale: Float
    var layers: [FloatLayer]

    func shape(ofBlock index: Int) -> TensorShape {
        index == 0 ? input : layers[index - 1].output
    }

    /// Runs the network on `input.count` pixels.
    ///
    /// - Parameter observe: gets each layer's index, its values before the activation and after it.
    /// - Returns: the last layer's values.
    func run(_ pixels: [UInt8], observe: (Int, [Float], [Float]) -> Void = { _, _, _ in }) -> [Float] {
        var lastReader = [Int](repeating: -1, count: layers.count + 1)
        for (index, layer) in layers.enumerated() {
            for source in layer.sources { lastReader[source] = index }
        }
        var blocks: [[Float]] = [pixels.map { (Float($0) - mean) / scale }]
        for (index, layer) in layers.enumerated() {
            let before = accumulate(layer, blocks: blocks)
            let positions = layer.output.height * layer.output.width
            var after = before
            if layer.activation != .none {
                for channel in 0..<layer.output.channels {
                    for position in channel * positions..<(channel + 1) * positions {
                        after[position] = layer.activation(before[position], channel: channel)
                    }
                }
            }
            if let quantiser = layer.quantiser { after = after.map { quantiser($0) } }
            observe(index, before, after)
            blocks.append(after)
            for block in blocks.indices.dropLast() where lastReader[block] <= index { blocks[block] = [] }
        }
        return blocks.last ?? []
    }

    private func accumulate(_ layer: FloatLayer, blocks: [[Float]]) -> [Float] {
        let positions = layer.output.height * layer.output.width
        var accumulator: [Float] = []
        accumulator.reserveCapacity(layer.output.count)
        for bias in layer.bias { accumulator.append(contentsOf: repeatElement(bias, count: positions)) }
        let source = shape(ofBlock: layer.sources[0])
        var window = semblance_window(
            kernel_h: layer.kernelHeight,
            kernel_w: layer.kernelWidth,
            stride_y: layer.strideY,
            stride_x: layer.strideX,
            pad_top: layer.padTop,
            pad_left: layer.padLeft,
            out_h: layer.output.height,
            out_w: layer.output.width
        )
        let plane = semblance_padded_height(&window) * semblance_padded_width(&window)
        var padded = [Float](repeating: 0, count: source.channels * plane)
        for block in layer.sources {
            semblance_pad_add_f32(&padded, blocks[block], source.channels, source.height, source.width, &window)
        }
        switch layer.kind {
        case .convolution:
            var panel = [Float](repeating: 0, count: semblance_panel_words(source.channels, &window))
            semblance_convolution_f32(
                &accumulator,
                padded,
                layer.weights,
                source.channels,
                layer.output.channels,
                &window,
                &panel
            )
        case .depthwise:
            semblance_depthwise_f32(&accumulator, padded, layer.weights, source.channels, &window)
        }
        return accumulator
    }
}
