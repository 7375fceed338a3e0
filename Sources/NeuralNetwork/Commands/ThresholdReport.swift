/// Thresholds found for a model.
public struct ThresholdReport: Codable, Sendable {
    public var identity: String
    public var genuinePairs: Int
    public var impostorPairs: Int
    public var minimumNorm: UInt32
    public var equalErrorRate: Double
    public var points: [ThresholdCalibration.Point]
}
