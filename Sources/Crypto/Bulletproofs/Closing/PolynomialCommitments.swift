import Ristretto255

/// The part of an R1CS proof that follows the commitments to the wires: `T_1, T_3, ..., T_6`, the values at `x`, and the
/// inner-product argument.
package struct PolynomialCommitments: Equatable, Sendable {
    var t1: CompressedRistretto
    var t3: CompressedRistretto
    var t4: CompressedRistretto
    var t5: CompressedRistretto
    var t6: CompressedRistretto
    var tX: Scalar
    var tXBlinding: Scalar
    var eBlinding: Scalar
    var innerProduct: InnerProductArgument

    /// 32-byte elements before the inner-product argument.
    package static let fixedElementCount = 8

    /// Encodes `T_1, T_3, T_4, T_5, T_6, t_x, t_x_blinding, e_blinding` and the inner-product argument.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        for point in [t1, t3, t4, t5, t6] {
            bytes += point.bytes
        }
        for scalar in [tX, tXBlinding, eBlinding] {
            bytes += scalar.bytes
        }
        return bytes + innerProduct.encode()
    }

    /// Reads what ``encode()`` writes. Throws ``BulletproofError/formatError``.
    package init(reading reader: inout ProofReader) throws(BulletproofError) {
        t1 = try reader.point()
        t3 = try reader.point()
        t4 = try reader.point()
        t5 = try reader.point()
        t6 = try reader.point()
        tX = try reader.scalar()
        tXBlinding = try reader.scalar()
        eBlinding = try reader.scalar()
        innerProduct = try InnerProductArgument(reading: &reader)
    }

    /// The messages of a proof that was just made.
    package init(
        t1: CompressedRistretto,
        t3: CompressedRistretto,
        t4: CompressedRistretto,
        t5: CompressedRistretto,
        t6: CompressedRistretto,
        tX: Scalar,
        tXBlinding: Scalar,
        eBlinding: Scalar,
        innerProduct: InnerProductArgument
    ) {
        self.t1 = t1
        self.t3 = t3
        self.t4 = t4
        self.t5 = t5
        self.t6 = t6
        self.tX = tX
        self.tXBlinding = tXBlinding
        self.eBlinding = eBlinding
        self.innerProduct = innerProduct
    }
}
