/// A normalised point prepared as an addend: (y + x, y - x, 2 d x y). Coordinates are tight.
@usableFromInline
@frozen
struct AffineNielsPoint: Sendable {
    @usableFromInline var yPlusX: FieldElement
    @usableFromInline var yMinusX: FieldElement
    @usableFromInline var t2d: FieldElement

    @inlinable
    @inline(__always)
    init(yPlusX: FieldElement, yMinusX: FieldElement, t2d: FieldElement) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.t2d = t2d
    }

    @inlinable
    @inline(__always)
    static var identity: AffineNielsPoint { AffineNielsPoint(yPlusX: .one, yMinusX: .one, t2d: .zero) }

    /// The point in extended coordinates with Z = 2; one multiplication.
    @inlinable
    @inline(__always)
    var extended: EdwardsPoint {
        EdwardsPoint(
            x: (yPlusX - yMinusX).carried(),
            y: (yPlusX + yMinusX).carried(),
            z: FieldElement(2, 0, 0, 0, 0),
            t: t2d * .inverseD
        )
    }

    /// The negative of `extended`.
    @inlinable
    @inline(__always)
    var extendedNegative: EdwardsPoint {
        EdwardsPoint(
            x: (yMinusX - yPlusX).carried(),
            y: (yPlusX + yMinusX).carried(),
            z: FieldElement(2, 0, 0, 0, 0),
            t: -t2d * .inverseD
        )
    }

    /// Normalises `count` points with one inversion into uninitialised memory. Constant time.
    static func normalise(
        _ points: UnsafePointer<EdwardsPoint>,
        count: Int,
        into output: UnsafeMutablePointer<AffineNielsPoint>
    ) {
        guard count > 0 else { return }
        // The prefix products are parked in the output until the way back overwrites them.
        var product = FieldElement.one
        for i in 0..<count {
            output.advanced(by: i).initialize(to: AffineNielsPoint(yPlusX: product, yMinusX: .zero, t2d: .zero))
            product = product * points[i].z
        }
        var inverse = product.inverse()
        for i in stride(from: count - 1, through: 0, by: -1) {
            let zInverse = inverse * output[i].yPlusX
            inverse = inverse * points[i].z
            let x = points[i].x * zInverse
            let y = points[i].y * zInverse
            output[i] = AffineNielsPoint(
                yPlusX: (y + x).carried(),
                yMinusX: (y - x).carried(),
                t2d: (x * y) * .twoD
            )
        }
    }

    /// digit P from a table of P, 2 P, ..., `size` P, for a digit in -size...size. Reads the whole table; constant time.
    @inlinable
    @inline(__always)
    static func select(_ table: UnsafePointer<AffineNielsPoint>, size: Int, digit: Int) -> AffineNielsPoint {
        let negative = UInt64(truncatingIfNeeded: digit &>> (Int.bitWidth &- 1))
        let magnitude = UInt64(digit.magnitude)
        var r = identity
        for i in 0..<size {
            let difference = magnitude ^ UInt64(truncatingIfNeeded: i &+ 1)
            let mask = 0 &- ((difference &- 1) &>> 63)
            r.yPlusX = .select(mask, table[i].yPlusX, r.yPlusX)
            r.yMinusX = .select(mask, table[i].yMinusX, r.yMinusX)
            r.t2d = .select(mask, table[i].t2d, r.t2d)
        }
        return AffineNielsPoint(
            yPlusX: .select(negative, r.yMinusX, r.yPlusX),
            yMinusX: .select(negative, r.yPlusX, r.yMinusX),
            t2d: .select(negative, -r.t2d, r.t2d)
        )
    }
}
