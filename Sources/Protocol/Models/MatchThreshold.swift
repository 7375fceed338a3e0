/// A decision threshold: cos^2 >= numerator / 2^16, calibrated for a false-match rate.
public struct MatchThreshold: Hashable, Sendable, Codable {
    /// The rate of impostor pairs that the threshold lets pass, in 0..<1.
    public var fmr: Double
    /// 1...65535.
    public var numerator: UInt16

    public init(fmr: Double, numerator: UInt16) {
        self.fmr = fmr
        self.numerator = numerator
    }
}
