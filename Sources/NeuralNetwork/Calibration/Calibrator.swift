import NetworkProof

/// Runs the floating-point network on the calibration images and gathers percentiles of every channel.
struct Calibrator {
    static let quantile = 0.9999

    private struct Tails {
        var positive: [UpperTail]
        var negative: [UpperTail]
        var block: (UpperTail, UpperTail)
        var after: (UpperTail, UpperTail)

        init(layer: FloatLayer, images: Int) {
            let positions = layer.output.height * layer.output.width
            let channel = UpperTail(count: images * positions, quantile: Calibrator.quantile)
            let block = UpperTail(count: images * layer.output.count, quantile: Calibrator.quantile)
            self.positive = [UpperTail](repeating: channel, count: layer.output.channels)
            self.negative = self.positive
            self.block = (block, block)
            self.after = (block, block)
        }

        mutating func insert(_ before: [Float], _ after: [Float], shape: TensorShape, hasActivation: Bool) {
            let positions = shape.height * shape.width
            for channel in 0..<shape.channels {
                for position in channel * positions..<(channel + 1) * positions {
                    let value = before[position]
                    self.positive[channel].insert(value)
                    self.negative[channel].insert(-value)
                    self.block.0.insert(value)
                    self.block.1.insert(-value)
                }
            }
            guard hasActivation else { return }
            for value in after {
                self.after.0.insert(value)
                self.after.1.insert(-value)
            }
        }

        func statistics(hasActivation: Bool) -> LayerStatistics {
            LayerStatistics(
                positive: self.positive.map(\.percentile),
                negative: self.negative.map(\.percentile),
                blockPositive: self.block.0.percentile,
                blockNegative: self.block.1.percentile,
                afterPositive: hasActivation ? self.after.0.percentile : self.block.0.percentile,
                afterNegative: hasActivation ? self.after.1.percentile : self.block.1.percentile
            )
        }
    }

    /// - Parameter inputs: network inputs of `network.input.count` pixels each; not empty.
    /// - Returns: statistics by layer, and the network's output for every input.
    static func run(
        _ network: FloatNetwork,
        inputs: [[UInt8]],
        progress: (Int) -> Void
    ) -> (statistics: [LayerStatistics], outputs: [[Float]]) {
        var tails = network.layers.map { Tails(layer: $0, images: inputs.count) }
        var outputs: [[Float]] = []
        for (index, input) in inputs.enumerated() {
            outputs.append(
                network.run(input) { layer, before, after in
                    let shape = network.layers[layer].output
                    tails[layer].insert(
                        before,
                        after,
                        shape: shape,
                        hasActivation: network.layers[layer].activation.isCurved
                    )
                }
            )
            progress(index + 1)
        }
        let statistics = zip(tails, network.layers).map { $0.statistics(hasActivation: $1.activation.isCurved) }
        return (statistics, outputs)
    }
}
