import Bulletproofs
import Ristretto255
import Transcript

/// A proof that each of `m` committed values lies in `[0, 2^n)` (Bulletproofs, section 4.2, aggregated as in 4.3), byte
/// for byte dalek's `RangeProof`.
///
/// `n` is 8, 16, 32 or 64, `m` a power of two; neither is in the proof, which is `9 + 2 log2(n m)` elements of 32 bytes.
/// The equations are in `docs/bulletproofs.md`, section 3.
public struct RangeProof: Equatable, Sendable {
    /// Commitment to the bits of the values.
    public let a: CompressedRistretto
    /// Commitment to the blinding vectors.
    public let s: CompressedRistretto
    /// Commitment to the coefficient `t_1` of `t(X)`.
    public let t1: CompressedRistretto
    /// Commitment to the coefficient `t_2` of `t(X)`.
    public let t2: CompressedRistretto
    /// `t(x) = <l(x), r(x)>`.
    public let tX: Scalar
    /// Blinding factor of `t(x)`.
    public let tXBlinding: Scalar
    /// Blinding factor of the commitment to `l(x)` and `r(x)`.
    public let eBlinding: Scalar
    /// The inner-product argument for `l(x)` and `r(x)`.
    public let innerProduct: InnerProductArgument

    /// Bytes of an encoded proof of `parties` values of `bits` bits.
    public static func byteCount(bits: Int, parties: Int) -> Int {
        7 * 32 + InnerProductArgument.byteCount(length: bits * parties)
    }

    /// Encodes `A, S, T_1, T_2, t_x, t_x_blinding, e_blinding`, then the inner-product argument.
    public func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        for point in [a, s, t1, t2] {
            bytes += point.bytes
        }
        for scalar in [tX, tXBlinding, eBlinding] {
            bytes += scalar.bytes
        }
        return bytes + innerProduct.encode()
    }

    /// Decodes a proof. Points are decoded only by the verifier, as in dalek; scalars must be canonical.
    ///
    /// Throws ``BulletproofError/formatError``.
    public init(decoding bytes: some Collection<UInt8>) throws(BulletproofError) {
        var reader = ProofReader(ArraySlice(bytes))
        a = try reader.point()
        s = try reader.point()
        t1 = try reader.point()
        t2 = try reader.point()
        tX = try reader.scalar()
        tXBlinding = try reader.scalar()
        eBlinding = try reader.scalar()
        innerProduct = try InnerProductArgument(reading: &reader)
    }

    init(
        a: CompressedRistretto,
        s: CompressedRistretto,
        t1: CompressedRistretto,
        t2: CompressedRistretto,
        tX: Scalar,
        tXBlinding: Scalar,
        eBlinding: Scalar,
        innerProduct: InnerProductArgument
    ) {
        self.a = a
        self.s = s
        self.t1 = t1
        self.t2 = t2
        self.tX = tX
        self.tXBlinding = tXBlinding
        self.eBlinding = eBlinding
        self.innerProduct = innerProduct
    }

    static func validate(bits: Int, parties: Int) throws(BulletproofError) {
        guard [8, 16, 32, 64].contains(bits) else { throw .invalidBitsize }
        guard isPowerOfTwo(parties), parties <= 1 << 20 else { throw .invalidAggregation }
    }
}

extension Transcript {
    /// Starts a range proof of `parties` values of `bits` bits.
    mutating func appendRangeProofDomain(bits: Int, parties: Int) {
        appendDomainSeparator("rangeproof v1")
        append("n", u64: UInt64(bits))
        append("m", u64: UInt64(parties))
    }
}
