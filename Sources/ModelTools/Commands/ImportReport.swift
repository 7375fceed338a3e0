/// What an import did, node by node.
public struct ImportReport: Codable, Sendable {
    public struct Node: Codable, Sendable {
        public var name: String
        /// The operators of the imported graph that became this layer.
        public var operators: String
        public var kind: String
        /// The layers whose sum it reads.
        public var sources: [String]
        public var table: String
        public var channels: Int
        public var height: Int
        public var width: Int
        /// Percentile 99.99 before the activation, of x and of -x, over the block.
        public var positiveRange: Float
        public var negativeRange: Float
        /// Least and greatest activation of the floating-point network on the calibration images, 0 included.
        public var floatRange: [Float]
        /// Least and greatest activation of the table, and what the images gave.
        public var integerRange: [Int]
        public var integersSeen: [Int]
        /// Accumulators are divided by two to this power.
        public var shift: Int
        /// Least and greatest output scale of a channel.
        public var smallestScale: Double
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
        public var quotientsSeen: [Int]
        /// Bits of the greatest weight and bias, sign included.
        public var weightBits: Int
        public var biasBits: Int
    }

    public struct Agreement: Codable, Sendable {
        /// Cosine of the integer embedding to the floating-point one, over the calibration images.
        public var medianCosine: Double
        public var fifthPercentileCosine: Double
        public var leastCosine: Double
        /// <e, e> over the calibration images.
        public var leastNorm: Int
        public var medianNorm: Int
        public var greatestNorm: Int
    }

    /// The same network with another shift.
    public struct ShiftTrial: Codable, Sendable {
        public var shift: Int
        /// nil where the network does not fit the table with this shift.
        public var medianCosine: Double?
        public var leastCosine: Double?
        public var limitedChannels: Int?
        public var weightBits: Int?
    }

    public var model: ModelDescription
    /// Images of the trials of shifts; none were made if 0.
    public var trialImages: Int
    public var shiftTrials: [ShiftTrial]
    public var images: Int
    /// Images of the folder that gave no frame, and were left out.
    public var refusedImages: Int
    public var nodes: [Node]
    public var agreement: Agreement
    public var equalErrorRate: Double?
    public var thresholds: [OperatingPoint]
    public var warnings: [String]
}
