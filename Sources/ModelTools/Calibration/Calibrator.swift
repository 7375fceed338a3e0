import Models

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
            positive = [UpperTail](repeating: channel, count: layer.output.channels)
            negative = positive
            self.block = (block, block)
            after = (block, block)
        }

        mutating func insert(_ before: [Float], _ after: [Float], shape: TensorShape, hasActivation: Bool) {
            let positions = shape.height * shape.width
            for channel in 0..<shape.channels {
                for position in channel * positions..<(channel + 1) * positions {
                    let value = before[position]
                    positive[channel].insert(value)
                    negative[channel].insert(-value)
                    block.0.insert(value)
                    block.1.insert(-value)
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
                positive: positive.map(\.percentile),
                negative: negative.map(\.percentile),
                blockPositive: block.0.percentile,
                blockNegative: block.1.percentile,
                afterPositive: hasActivation ? after.0.percentile : block.0.percentile,
                afterNegative: hasActivation ? after.1.percentile : block.1.percentile
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

/// What calibration remembers of one layer, in the units of the floating-point network.
struct LayerStatistics {
    /// Upper percentile of x and of -x before the activation, per channel and over the whole block.
    var positive: [Float]
    var negative: [Float]
    var blockPositive: Float
    var blockNegative: Float
    /// The same over the whole block after the activation.
    var afterPositive: Float
    var afterNegative: Float

    /// max(P+, P-) of a channel, at least 1/16 of the block's.
    func magnitude(_ channel: Int) -> Float {
        Swift.max(positive[channel], negative[channel], blockMagnitude / 16)
    }

    /// P+ of a channel, at least 1/16 of the block's.
    func positive(_ channel: Int) -> Float {
        Swift.max(positive[channel], blockPositive / 16)
    }

    var blockMagnitude: Float { Swift.max(blockPositive, blockNegative) }
    var afterMagnitude: Float { Swift.max(afterPositive, afterNegative) }
}

/// The greatest values of a stream of known length: enough of them for one high percentile.
struct UpperTail {
    private let capacity: Int
    private let lowerRank: Int
    private let fraction: Float
    private let count: Int
    private var values: [Float] = []
    private var floor = -Float.infinity

    /// - Parameters:
    ///   - count: length of the stream, positive.
    ///   - quantile: in 0...1; between two values the percentile is interpolated.
    init(count: Int, quantile: Double) {
        let rank = quantile * Double(count - 1)
        self.count = count
        lowerRank = Swift.min(Int(rank), count - 1)
        fraction = Float(rank - Double(lowerRank))
        capacity = count - lowerRank
    }

    mutating func insert(_ value: Float) {
        guard value > floor else { return }
        values.append(value)
        if values.count >= 2 * capacity + 64 { trim() }
    }

    private mutating func trim() {
        values.sort(by: >)
        if values.count > capacity { values.removeLast(values.count - capacity) }
        if values.count == capacity, let last = values.last { floor = last }
    }

    /// The percentile, after the whole stream.
    var percentile: Float {
        var tail = self
        tail.trim()
        // values[i] is the value of ascending rank count - 1 - i.
        guard let lower = tail.values.last else { return 0 }
        guard tail.values.count > 1 else { return lower }
        return lower + fraction * (tail.values[tail.values.count - 2] - lower)
    }
}
