/// A point prepared as an addend: (Y + X, Y - X, Z, 2 d T) of extended coordinates. The last two are tight.
struct ProjectiveNielsPoint: Sendable {
    // EdwardsPoint.add and selection rely on the order.
    var yPlusX: FieldElement
    var yMinusX: FieldElement
    var z: FieldElement
    var t2d: FieldElement

    @inline(__always)
    init(yPlusX: FieldElement, yMinusX: FieldElement, z: FieldElement, t2d: FieldElement) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.z = z
        self.t2d = t2d
    }

    @inline(__always)
    init(_ p: EdwardsPoint) {
        self.init(yPlusX: p.y + p.x, yMinusX: p.y - p.x, z: p.z, t2d: p.t * .twoD)
    }

    @inline(__always)
    static var identity: ProjectiveNielsPoint {
        ProjectiveNielsPoint(yPlusX: .one, yMinusX: .one, z: .one, t2d: .zero)
    }

    /// digit P from a table of P, 2 P, ..., 8 P, for a digit in -8...8. Reads the whole table; constant time.
    @inline(__always)
    init(selecting digit: Int, from table: UnsafePointer<ProjectiveNielsPoint>) {
        let negative = UInt64(truncatingIfNeeded: digit &>> (Int.bitWidth &- 1))
        let magnitude = UInt64(digit.magnitude)
        // One mask is set, that of the digit's multiple; for digit 0, of the identity.
        let zero = equalMask(magnitude, 0) & 1
        var (sum, difference) = (SIMD4<UInt64>(zero, 0, 0, 0), SIMD4<UInt64>(zero, 0, 0, 0))
        var (z, product) = (SIMD4<UInt64>(zero, 0, 0, 0), SIMD4<UInt64>())
        let raw = UnsafeRawPointer(table)
        for i in 0..<8 {
            let mask = SIMD4<UInt64>(repeating: equalMask(magnitude, UInt64(truncatingIfNeeded: i &+ 1)))
            let entry = i &* MemoryLayout<ProjectiveNielsPoint>.stride
            sum |= raw.loadUnaligned(fromByteOffset: entry, as: SIMD4<UInt64>.self) & mask
            difference |= raw.loadUnaligned(fromByteOffset: entry &+ 32, as: SIMD4<UInt64>.self) & mask
            z |= raw.loadUnaligned(fromByteOffset: entry &+ 64, as: SIMD4<UInt64>.self) & mask
            product |= raw.loadUnaligned(fromByteOffset: entry &+ 96, as: SIMD4<UInt64>.self) & mask
        }
        let r = ProjectiveNielsPoint(
            yPlusX: FieldElement(sum),
            yMinusX: FieldElement(difference),
            z: FieldElement(z),
            t2d: FieldElement(product)
        )
        self.init(
            yPlusX: .select(negative, r.yMinusX, r.yPlusX),
            yMinusX: .select(negative, r.yPlusX, r.yMinusX),
            z: r.z,
            t2d: .select(negative, -r.t2d, r.t2d)
        )
    }
}

/// All ones when two small numbers are equal, else 0.
@inline(__always)
func equalMask(_ a: UInt64, _ b: UInt64) -> UInt64 { 0 &- (((a ^ b) &- 1) &>> 63) }
