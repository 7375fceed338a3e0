import Ristretto255
import Sodium

/// A committed embedding row and what opens it. Secret.
public struct EmbeddingOpening: Sendable {
    /// d entries in `-127...127`.
    public let values: [Int16]
    public let blinder: Scalar
    /// `C = sum of values[j] G_j + blinder H`.
    public let commitment: CompressedRistretto

    /// Commits to an embedding under a fresh blinder, in time that does not depend on its entries.
    ///
    /// - Throws: `outOfRange` where the dimension or an entry is not provable.
    public init(committing values: [Int16]) throws(WireError) {
        var system = SystemRandom()
        try self.init(values: values, blinder: HedgedRandomness.rowBlinder(of: values, using: &system))
    }

    package init(values: [Int16], blinder: Scalar) throws(WireError) {
        guard MatchBounds.dimensions.contains(values.count) else { throw .outOfRange(field: .dimension) }
        guard values.allSatisfy({ abs(Int($0)) <= MatchBounds.entryBound }) else {
            throw .outOfRange(field: .values)
        }
        self.values = values
        self.blinder = blinder
        self.commitment = RowCommitment.commit(values, blinder: blinder)
    }

    /// The canonical encoding: dimension, entries, blinder.
    public func encode() -> [UInt8] {
        RowCommitment.encode(values.map(Int.init), blinder: blinder)
    }

    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        let (values, blinder) = try RowCommitment.decode(bytes, bound: MatchBounds.entryBound)
        try self.init(values: values.map { Int16(truncatingIfNeeded: $0) }, blinder: blinder)
    }
}
