/// What an import did, node by node.
public struct ImportReport: Codable, Sendable {
    public struct Node: Codable, Sendable {
        public var name: String
        public var kind: String
        public var table: String
        public var channels: Int
        public var height: Int
        public var width: Int
        /// Percentile 99.99 before the activation, of x and of -x, over the block.
        public var positiveRange: Float
        public var negativeRange: Float
        /// Least and greatest output scale of a channel.
        public var smallestScale: Double
        public var greatestScale: Double
        /// Channels whose scale was reduced to fit the table.
        public var limitedChannels: Int
        /// Rate of activations that the table cut off, beyond a ReLU's zero.
        public var saturation: Double
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

    public var model: ModelDescription
    public var images: Int
    public var nodes: [Node]
    public var agreement: Agreement
    public var equalErrorRate: Double?
    public var thresholds: [ThresholdCalibration.Point]
    public var warnings: [String]
}
