/// Thresholds from scores of the integer network: decisions are counted exactly as a verifier makes them.
public struct ThresholdCalibration: Sendable {
    /// One threshold and what it costs.
    public struct Point: Hashable, Sendable, Codable {
        public var fmr: Double
        public var numerator: UInt16
        /// Rate of impostor pairs that pass, at most `fmr`.
        public var measuredFMR: Double
        /// Rate of genuine pairs that fail.
        public var measuredFNMR: Double
        /// Square root of numerator / 2^16.
        public var cosine: Double
    }

    public let minimumNorm: UInt32
    /// Greatest numerators with which each pair passes, ascending; -1 for none.
    private let genuine: [Int]
    private let impostor: [Int]

    public init(genuine: [MatchScore], impostor: [MatchScore], minimumNorm: UInt32) {
        self.minimumNorm = minimumNorm
        self.genuine = genuine.map { $0.greatestNumerator(minimumNorm: minimumNorm) ?? -1 }.sorted()
        self.impostor = impostor.map { $0.greatestNumerator(minimumNorm: minimumNorm) ?? -1 }.sorted()
    }

    /// The smallest numerator that lets at most `fmr` of the impostor pairs pass.
    ///
    /// - Returns: nil if there are no impostors or genuine pairs, or none of 1...65535 is strict enough.
    public func point(fmr: Double) -> Point? {
        guard !self.impostor.isEmpty, !self.genuine.isEmpty, fmr >= 0, fmr < 1 else { return nil }
        let allowed = Int(fmr * Double(self.impostor.count))
        // All but `allowed` must be below the numerator.
        let numerator = Swift.max(self.impostor[self.impostor.count - 1 - allowed] + 1, 1)
        guard let numerator = UInt16(exactly: numerator) else { return nil }
        return Point(
            fmr: fmr,
            numerator: numerator,
            measuredFMR: self.falseMatchRate(numerator: numerator),
            measuredFNMR: self.falseNonMatchRate(numerator: numerator),
            cosine: (Double(numerator) / 65536).squareRoot()
        )
    }

    public func falseMatchRate(numerator: UInt16) -> Double {
        Double(self.impostor.count - Self.countBelow(Int(numerator), self.impostor)) / Double(self.impostor.count)
    }

    public func falseNonMatchRate(numerator: UInt16) -> Double {
        Double(Self.countBelow(Int(numerator), self.genuine)) / Double(self.genuine.count)
    }

    /// The rate at which both errors are closest to each other, their mean.
    public var equalErrorRate: Double {
        let candidates = Set(self.genuine + self.impostor).map { Swift.min(Swift.max($0 + 1, 1), 65535) }
        let best = candidates.map { numerator -> (difference: Double, mean: Double) in
            let fmr = self.falseMatchRate(numerator: UInt16(truncatingIfNeeded: numerator))
            let fnmr = self.falseNonMatchRate(numerator: UInt16(truncatingIfNeeded: numerator))
            return ((fmr - fnmr).magnitude, (fmr + fnmr) / 2)
        }.min { $0 < $1 }
        return best?.mean ?? 1
    }

    private static func countBelow(_ numerator: Int, _ sorted: [Int]) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < numerator { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// E_min from the norms of a calibration set: the greatest power of two that is at most 2/3 of the least norm,
    /// but at least 10 d, so that rounding turns an embedding that passes by less than 0.1 rad.
    public static func minimumNorm(norms: [Int], dimension: Int) -> UInt32 {
        let limit = (norms.min() ?? 0) / 3 * 2
        var power = 1
        while power * 2 <= limit { power *= 2 }
        return UInt32(Swift.max(power, 10 * dimension))
    }
}
