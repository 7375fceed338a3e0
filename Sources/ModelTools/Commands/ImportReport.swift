/// What an import did, node by node.
public struct ImportReport: Codable, Sendable {
    /// One layer of the integer network.
    public struct Node: Codable, Sendable {
        /// The layer's, which is that of a node of the graph.
        public var name: String
        /// The operators of the imported graph that became this layer.
        public var operators: String
        /// `convolution` or `depthwise`, by its first term.
        public var kind: String
        /// The layers whose sum it reads.
        public var sources: [String]
        /// The activation, as `ActivationTable` describes itself.
        public var table: String
        /// Of the output, as are height and width.
        public var channels: Int
        /// Rows.
        public var height: Int
        /// Columns.
        public var width: Int
        /// Percentile 99.99 before the activation, of x and of -x, over the block.
        public var positiveRange: Float
        /// Of -x.
        public var negativeRange: Float
        /// Least and greatest activation of the floating-point network on the calibration images, 0 included.
        public var floatRange: [Float]
        /// Least and greatest activation of the table, and what the images gave.
        public var integerRange: [Int]
        /// Within ``integerRange``.
        public var integersSeen: [Int]
        /// Accumulators are divided by two to this power.
        public var shift: Int
        /// Least and greatest output scale of a channel.
        public var smallestScale: Double
        /// In integer steps for one unit of the floating-point activation.
        public var greatestScale: Double
        /// How the scales were chosen.
        public var scaleRule: String
        /// Channels whose scale was reduced to fit the table.
        public var limitedChannels: Int
        /// Rate of activations that the table cut off, beyond a ReLU's zero.
        public var saturation: Double
        /// Root mean square of the difference to the floating-point activations, over theirs.
        public var relativeError: Double
        /// Least and greatest quotient that any input allows, and that the images gave.
        public var quotientBounds: [Int]
        /// Within ``quotientBounds``.
        public var quotientsSeen: [Int]
        /// Bits of the greatest weight and bias, sign included.
        public var weightBits: Int
        /// Of the bias, which is in units of the accumulator.
        public var biasBits: Int
    }

    /// How close the integer network is to the imported one.
    public struct Agreement: Codable, Sendable {
        /// Cosine of the integer embedding to the floating-point one, over the calibration images.
        public var medianCosine: Double
        /// One image in twenty is below it.
        public var fifthPercentileCosine: Double
        /// Of the worst image.
        public var leastCosine: Double
        /// <e, e> over the calibration images.
        public var leastNorm: Int
        /// Half of the images have less.
        public var medianNorm: Int
        /// At most 127^2 d.
        public var greatestNorm: Int
    }

    /// The same network with another shift.
    public struct ShiftTrial: Codable, Sendable {
        /// s.
        public var shift: Int
        /// nil where the network does not fit the table with this shift.
        public var medianCosine: Double?
        /// Nil as `medianCosine` is.
        public var leastCosine: Double?
        /// Over all layers; nil as `medianCosine` is.
        public var limitedChannels: Int?
        /// Of the greatest weight, sign included; nil as `medianCosine` is.
        public var weightBits: Int?
    }

    /// The model that was written.
    public var model: ModelDescription
    /// Images of the trials of shifts; none were made if 0.
    public var trialImages: Int
    /// By rising shift; the chosen one is among them. Empty where no report was asked for.
    public var shiftTrials: [ShiftTrial]
    /// Images of the folder that the scales were calibrated on.
    public var images: Int
    /// Images of the folder that gave no frame, and were left out.
    public var refusedImages: Int
    /// In the order of the layers.
    public var nodes: [Node]
    /// Over the ``images``.
    public var agreement: Agreement
    /// Of the pairs, 0...1; nil where there were none.
    public var equalErrorRate: Double?
    /// The model file's, by falling false-match rate; empty where there were no pairs.
    public var thresholds: [OperatingPoint]
    /// For whoever imports, a sentence each.
    public var warnings: [String]
}
