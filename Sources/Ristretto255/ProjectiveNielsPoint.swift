/// A point prepared as an addend: (Y + X, Y - X, Z, 2 d T) of extended coordinates.
@usableFromInline
@frozen
struct ProjectiveNielsPoint: Sendable {
    @usableFromInline var yPlusX: FieldElement
    @usableFromInline var yMinusX: FieldElement
    @usableFromInline var z: FieldElement
    @usableFromInline var t2d: FieldElement

    @inlinable
    @inline(__always)
    init(yPlusX: FieldElement, yMinusX: FieldElement, z: FieldElement, t2d: FieldElement) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.z = z
        self.t2d = t2d
    }

    @inlinable
    @inline(__always)
    init(_ p: EdwardsPoint) {
        self.init(yPlusX: p.y + p.x, yMinusX: p.y - p.x, z: p.z, t2d: p.t * .twoD)
    }

    @inlinable
    @inline(__always)
    static var identity: ProjectiveNielsPoint {
        ProjectiveNielsPoint(yPlusX: .one, yMinusX: .one, z: .one, t2d: .zero)
    }

    /// digit P from a table of P, 2 P, ..., 8 P, for a digit in -8...8. Reads the whole table; constant time.
    @inlinable
    @inline(__always)
    static func select(_ table: UnsafePointer<ProjectiveNielsPoint>, digit: Int8) -> ProjectiveNielsPoint {
        let negative = 0 &- UInt64(UInt8(bitPattern: digit) &>> 7)
        let magnitude = UInt64(digit.magnitude)
        var r = identity
        for i in 0..<8 {
            let difference = magnitude ^ UInt64(truncatingIfNeeded: i &+ 1)
            let mask = (difference &- 1) &>> 63
            r.replace(with: table[i], where: 0 &- mask)
        }
        return ProjectiveNielsPoint(
            yPlusX: .select(negative, r.yMinusX, r.yPlusX),
            yMinusX: .select(negative, r.yPlusX, r.yMinusX),
            z: r.z,
            t2d: .select(negative, -r.t2d, r.t2d)
        )
    }

    @inlinable
    @inline(__always)
    mutating func replace(with other: ProjectiveNielsPoint, where mask: UInt64) {
        yPlusX = .select(mask, other.yPlusX, yPlusX)
        yMinusX = .select(mask, other.yMinusX, yMinusX)
        z = .select(mask, other.z, z)
        t2d = .select(mask, other.t2d, t2d)
    }
}
