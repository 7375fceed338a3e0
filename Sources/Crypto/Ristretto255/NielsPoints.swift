/// A normalised point prepared as an addend: (y + x, y - x, 2 d x y). Coordinates are tight.
struct AffineNielsPoint: Sendable {
    // EdwardsPoint.add and selection rely on the order.
    var yPlusX: FieldElement
    var yMinusX: FieldElement
    var t2d: FieldElement

    @inline(__always)
    init(yPlusX: FieldElement, yMinusX: FieldElement, t2d: FieldElement) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.t2d = t2d
    }

    @inline(__always)
    static var identity: AffineNielsPoint { AffineNielsPoint(yPlusX: .one, yMinusX: .one, t2d: .zero) }

    /// The point in extended coordinates with Z = 2; one multiplication.
    var extended: EdwardsPoint {
        EdwardsPoint(
            x: (yPlusX - yMinusX).carried(),
            y: (yPlusX + yMinusX).carried(),
            z: FieldElement(2, 0, 0, 0),
            t: t2d * .inverseD
        )
    }

    /// digit P from a table of P, 2 P, ..., `size` P, for a digit in -size...size. Reads the whole table; constant
    /// time.
    @inline(__always)
    init(selecting digit: Int, from table: UnsafePointer<AffineNielsPoint>, size: Int) {
        let negative = UInt64(truncatingIfNeeded: digit &>> (Int.bitWidth &- 1))
        let magnitude = UInt64(digit.magnitude)
        // One mask is set, that of the digit's multiple; for digit 0, of the identity.
        let zero = equalMask(magnitude, 0) & 1
        var (sum, difference, product) = (SIMD4<UInt64>(zero, 0, 0, 0), SIMD4<UInt64>(zero, 0, 0, 0), SIMD4<UInt64>())
        let raw = UnsafeRawPointer(table)
        for i in 0..<size {
            let mask = SIMD4<UInt64>(repeating: equalMask(magnitude, UInt64(truncatingIfNeeded: i &+ 1)))
            let entry = i &* MemoryLayout<AffineNielsPoint>.stride
            sum |= raw.loadUnaligned(fromByteOffset: entry, as: SIMD4<UInt64>.self) & mask
            difference |= raw.loadUnaligned(fromByteOffset: entry &+ 32, as: SIMD4<UInt64>.self) & mask
            product |= raw.loadUnaligned(fromByteOffset: entry &+ 64, as: SIMD4<UInt64>.self) & mask
        }
        let r = AffineNielsPoint(
            yPlusX: FieldElement(sum),
            yMinusX: FieldElement(difference),
            t2d: FieldElement(product)
        )
        self.init(
            yPlusX: .select(negative, r.yMinusX, r.yPlusX),
            yMinusX: .select(negative, r.yPlusX, r.yMinusX),
            t2d: .select(negative, -r.t2d, r.t2d)
        )
    }
}

// MARK: - Normalisation

extension AffineNielsPoint {
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
}

extension [AffineNielsPoint] {
    /// The points with one shared inversion, or a few on several cores.
    init(normalising points: [RistrettoPoint]) {
        self.init(unsafeUninitializedCapacity: points.count) { buffer, initialized in
            points.withUnsafeBufferPointer { source in
                guard let input = source.baseAddress, let output = buffer.baseAddress else { return }
                AffineNielsPoint.normalise(input, count: source.count, into: output)
                initialized = source.count
            }
        }
    }

    /// The points with one shared inversion.
    init(normalising points: [EdwardsPoint]) {
        self.init(unsafeUninitializedCapacity: points.count) { buffer, initialized in
            guard let output = buffer.baseAddress else { return }
            AffineNielsPoint.normalise(points, count: points.count, into: output)
            initialized = points.count
        }
    }
}

extension AffineNielsPoint {
    /// Normalises `count` points into uninitialised memory, on several cores when they are many: one inversion for each
    /// piece, ten multiplications for each point.
    static func normalise(
        _ points: UnsafePointer<RistrettoPoint>,
        count: Int,
        into output: UnsafeMutablePointer<AffineNielsPoint>
    ) {
        // RistrettoPoint wraps one EdwardsPoint: same layout
        points.withMemoryRebound(to: EdwardsPoint.self, capacity: count) { edwards in
            Parallel.forEachPiece(count: count, cost: 160) { range in
                normalise(edwards + range.lowerBound, count: range.count, into: output + range.lowerBound)
            }
        }
    }
}

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
