import Ristretto255
import Sodium
import Synchronization

/// The bases of row commitments: `C = sum of v_j G_j + r H`, and U for the inner product of the opening.
///
/// They have labels of their own and are shared with no other argument (attacks.md F26). `G_j` does not depend on the
/// row width, so a row of width m is also a row of any greater width whose tail is zero.
package struct RowGenerators: Sendable {
    /// `G_0 ..< G_m`.
    package let columns: [RistrettoPoint]
    /// H, the base of the blinders.
    package let blinding: RistrettoPoint
    /// U, the base of the inner product in the folding of an opening (docs/protocol.md section 5.5).
    package let innerProduct: RistrettoPoint
    /// `columns`, prepared for commitments in variable time.
    package let precomputed: PrecomputedPoints

    /// Bases for rows of `width` columns, derived once per width and process.
    package static func forWidth(_ width: Int) -> RowGenerators {
        cache.withLock { cache in
            if let known = cache[width] { return known }
            let made = RowGenerators(width: width)
            cache[width] = made
            return made
        }
    }

    private static let cache = Mutex<[Int: RowGenerators]>([:])

    private init(width: Int) {
        columns = (0..<width).map { index in
            var suffix = Array(" G ".utf8)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: index).littleEndian) { suffix.append(contentsOf: $0) }
            return Self.derive(suffix)
        }
        precomputed = PrecomputedPoints(columns)
        blinding = Self.derive(Array(" H".utf8))
        innerProduct = Self.derive(Array(" U".utf8))
    }

    /// The one-way map (RFC 9496 section 4.3.4) of SHA-512 of the label.
    private static func derive(_ suffix: [UInt8]) -> RistrettoPoint {
        RistrettoPoint(uniformBytes: Hash.sha512(Array("semblance rows v1".utf8) + suffix))
    }

    /// `sum of values[j] G_j + blinder H`, constant time in values and blinder.
    ///
    /// - Parameter values: at most as many as there are columns; missing ones are zero.
    package func commit(_ values: [Scalar], blinder: Scalar) -> RistrettoPoint {
        let tables = RowTables.of(self)
        return RistrettoPoint.multiscalarMultiply(constantTime: values, tables.columns)
            + tables.blinding.multiply(blinder)
    }

    /// The same for entries of magnitude below 2^bits, an order of magnitude faster; constant time as well.
    package func commit(small values: [Int32], bits: Int, blinder: Scalar) -> RistrettoPoint {
        let tables = RowTables.of(self)
        return RistrettoPoint.commit(constantTimeSmall: values, bits: bits, tables.columns)
            + tables.blinding.multiply(blinder)
    }

    /// `scalar H`, constant time in the scalar.
    package func blind(_ scalar: Scalar) -> RistrettoPoint {
        RowTables.of(self).blinding.multiply(scalar)
    }
}
