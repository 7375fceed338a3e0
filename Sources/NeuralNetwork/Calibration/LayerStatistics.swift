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
