import Ristretto255
import Sodium

/// A committed embedding row and what opens it. Secret.
public struct EmbeddingOpening: Sendable {
    /// d entries in `-127...127`.
    public let values: [Int16]
    /// r, uniform; a fresh one is drawn by ``HedgedRandomness``.
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

    /// Commits anew.
    ///
    /// - Throws: `outOfRange` for a dimension outside 8...512 or an entry outside `-127...127`.
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

    /// Reads what ``encode()`` writes, and commits anew.
    ///
    /// - Throws: the first field that is malformed or out of range; `trailingBytes`.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        let (values, blinder) = try RowCommitment.decode(bytes, bound: MatchBounds.entryBound)
        try self.init(values: values.map { Int16(truncatingIfNeeded: $0) }, blinder: blinder)
    }
}

/// The opening of a recorded template `C_t`, a sum of up to five embedding rows. Secret.
public struct TemplateOpening: Sendable {
    /// d entries in `-635...635`.
    public let values: [Int16]
    /// The sum of the samples' blinders, and of the shifts of all re-blindings since.
    public let blinder: Scalar
    /// `C_t = sum of values[j] G_j + blinder H`, as the verifier records it.
    public let commitment: CompressedRistretto

    /// 5 * 127 = 635: no entry of a template is greater.
    package static let entryBound = MatchBounds.maximumSamples * MatchBounds.entryBound

    /// The template that an accepted enrolment yields: rows are homomorphic, so `C_t` is the sum of the rows.
    package init(summing samples: [EmbeddingOpening]) throws(WireError) {
        let dimension = samples.first?.values.count ?? 0
        guard samples.allSatisfy({ $0.values.count == dimension }), samples.count <= MatchBounds.maximumSamples else {
            throw .outOfRange(field: .samples)
        }
        var sum = [Int16](repeating: 0, count: dimension)
        var blinder = Scalar.zero
        for sample in samples {
            for (index, value) in sample.values.enumerated() { sum[index] &+= value }
            blinder += sample.blinder
        }
        try self.init(values: sum, blinder: blinder)
    }

    /// Commits anew.
    ///
    /// - Throws: `outOfRange` for a dimension outside 8...512 or an entry outside `-635...635`.
    package init(values: [Int16], blinder: Scalar) throws(WireError) {
        guard MatchBounds.dimensions.contains(values.count) else { throw .outOfRange(field: .dimension) }
        guard values.allSatisfy({ abs(Int($0)) <= Self.entryBound }) else { throw .outOfRange(field: .values) }
        self.values = values
        self.blinder = blinder
        self.commitment = RowCommitment.commit(values, blinder: blinder)
    }

    /// The same template under a blinder that differs by `shift`.
    package func reblinded(by shift: Scalar) throws(WireError) -> TemplateOpening {
        try TemplateOpening(values: values, blinder: blinder + shift)
    }

    /// The encoding of ``EmbeddingOpening/encode()``: u16 d, d times i16, 32 bytes of blinder.
    public func encode() -> [UInt8] {
        RowCommitment.encode(values.map(Int.init), blinder: blinder)
    }

    /// Reads what ``encode()`` writes, and commits anew.
    ///
    /// - Throws: the first field that is malformed or out of range; `trailingBytes`.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        let (values, blinder) = try RowCommitment.decode(bytes, bound: Self.entryBound)
        try self.init(values: values.map { Int16(truncatingIfNeeded: $0) }, blinder: blinder)
    }
}
