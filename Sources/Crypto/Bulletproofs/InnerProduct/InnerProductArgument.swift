import Ristretto255
import Transcript

/// The inner-product argument (Bulletproofs, protocol 2, made non-interactive): knowledge of vectors `a`, `b` of length
/// `n = 2^k` with `P = <a, G'> + <b, H'> + <a, b> Q`, where `G'_i = gFactors_i G_i`, `H'_i = hFactors_i H_i`.
///
/// `2k` points and two scalars, byte for byte dalek's `InnerProductProof`. It hides nothing: callers blind the vectors.
/// The equations are in `docs/bulletproofs.md`, section 2.
public struct InnerProductArgument: Equatable, Sendable {
    /// One halving: the cross terms `L` and `R`.
    public struct Round: Equatable, Sendable {
        /// `L = <a_lo, G'_hi> + <b_hi, H'_lo> + <a_lo, b_hi> Q`.
        public let left: CompressedRistretto
        /// `R = <a_hi, G'_lo> + <b_lo, H'_hi> + <a_hi, b_lo> Q`.
        public let right: CompressedRistretto
    }

    /// The halvings, the longest vectors first.
    public let rounds: [Round]
    /// The last element of `a`.
    public let a: Scalar
    /// The last element of `b`.
    public let b: Scalar

    /// Bytes of an encoded argument over vectors of length `n`, a power of two.
    public static func byteCount(length: Int) -> Int {
        32 * (2 * logarithm(length) + 2)
    }

    /// Encodes `(L, R)*, a, b`, 32 bytes each.
    public func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * (2 * rounds.count + 2))
        for round in rounds {
            bytes += round.left.bytes
            bytes += round.right.bytes
        }
        bytes += a.bytes
        bytes += b.bytes
        return bytes
    }

    /// Decodes an argument with as many rounds as the bytes hold, at most 31; the verifier compares the number with its
    /// statement. Throws ``BulletproofError/formatError``.
    public init(decoding bytes: some Collection<UInt8>) throws(BulletproofError) {
        var reader = ProofReader(ArraySlice(bytes))
        try self.init(reading: &reader)
    }

    /// Reads the rest of a proof. Throws ``BulletproofError/formatError``.
    package init(reading reader: inout ProofReader) throws(BulletproofError) {
        guard let count = reader.elementCount, count >= 2, count % 2 == 0, count <= 2 * 31 + 2 else {
            throw .formatError
        }
        var rounds: [Round] = []
        for _ in 0..<(count / 2 - 1) {
            rounds.append(Round(left: try reader.point(), right: try reader.point()))
        }
        self.rounds = rounds
        a = try reader.scalar()
        b = try reader.scalar()
    }

    /// The messages of an argument that was just made.
    package init(rounds: [Round], a: Scalar, b: Scalar) {
        self.rounds = rounds
        self.a = a
        self.b = b
    }
}

extension Scalar {
    /// `1, self, self^2, ...`: the first `count` powers.
    package func powers(_ count: Int) -> [Scalar] {
        Scalar.powers(of: self, count: count)
    }
}

/// Whether a length is a power of two (and not zero).
package func isPowerOfTwo(_ value: Int) -> Bool {
    value > 0 && value & (value - 1) == 0
}

/// The least power of two that is at least `value`, which must be in `0 ... 2^31`; 1 for 0 and 1.
package func nextPowerOfTwo(_ value: Int) -> Int {
    value <= 1 ? 1 : 1 << (Int.bitWidth - (value - 1).leadingZeroBitCount)
}

/// The binary logarithm of a power of two.
package func logarithm(_ powerOfTwo: Int) -> Int {
    powerOfTwo.trailingZeroBitCount
}
