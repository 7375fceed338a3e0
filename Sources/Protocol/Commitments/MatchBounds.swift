/// Public limits of the integers in a statement; every width and length of a proof follows from these.
public enum MatchBounds {
    /// Entries of an embedding lie in `-entryBound...entryBound` (symmetric saturation of the last layer).
    public static let entryBound = 127

    /// A template is the sum of at most this many embeddings.
    public static let maximumSamples = 5

    /// Embedding dimensions that are provable.
    public static let dimensions = 8...512

    /// Whether `minimumNorm` is a usable lower bound on `<e,e>` in `dimension` dimensions.
    ///
    /// Below `10 d` the rounding error of an entry exceeds 0.09 rad and a calibrated false match rate means nothing
    /// (attacks.md F1).
    public static func isUsable(minimumNorm: UInt32, dimension: Int) -> Bool {
        let norm = Int(minimumNorm)
        return norm >= 10 * dimension && norm <= dimension * entryBound * entryBound
    }
}

/// Number of bits of a non-negative integer: the least k with `2^k > value`.
package func bitLength(_ value: Int) -> Int {
    Int.bitWidth - value.leadingZeroBitCount
}

/// Least k with `2^k >= value`, for positive values.
package func ceilLog2(_ value: Int) -> Int {
    value <= 1 ? 0 : bitLength(value - 1)
}
