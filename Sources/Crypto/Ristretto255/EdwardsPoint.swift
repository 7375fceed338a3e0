/// A point of edwards25519 in extended twisted Edwards coordinates: x = X/Z, y = Y/Z, x y = T/Z (Hisil, Wong, Carter,
/// Dawson 2008). Coordinates are tight.
struct EdwardsPoint: Sendable {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement
    var t: FieldElement

    @inline(__always)
    init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    @inline(__always)
    static var identity: EdwardsPoint { EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero) }

    /// The base point of RFC 8032, which is also the generator of ristretto255.
    static var generator: EdwardsPoint {
        EdwardsPoint(
            x: FieldElement(
                0xc956_2d60_8f25_d51a,
                0x692c_c760_9525_a7b2,
                0xc0a4_e231_fdd6_dc5c,
                0x2169_36d3_cd6e_53fe
            ),
            y: FieldElement(
                0x6666_6666_6666_6658,
                0x6666_6666_6666_6666,
                0x6666_6666_6666_6666,
                0x6666_6666_6666_6666
            ),
            z: .one,
            t: FieldElement(
                0x6dde_8ab3_a5b7_dda3,
                0x20f0_9f80_7751_52f5,
                0x66ea_4e8e_64ab_e37d,
                0x6787_5f0f_d78b_7665
            )
        )
    }
}

// MARK: - Group law (complete, a = -1)

// The operations below are calls: a call costs a fiftieth of an addition, and inlined they would fill the instruction
// cache. Addends come by pointer so that table entries are not copied.

extension EdwardsPoint {
    /// Adds q, or subtracts it when `sign` is 1; 7 multiplications. `sign` selects addresses, so it must be public.
    @inline(never)
    mutating func add(_ q: UnsafePointer<AffineNielsPoint>, sign: Int = 0) {
        // Subtraction exchanges Y + X with Y - X, and D - C with D + C.
        let sums = UnsafeRawPointer(q).assumingMemoryBound(to: FieldElement.self)
        let a = (y - x) * sums[1 &- sign]
        let b = (y + x) * sums[sign]
        let c = t * q.pointee.t2d
        let d = z + z
        complete(a, b, c, d, sign)
    }

    /// Adds q, or subtracts it when `sign` is 1; 8 multiplications. `sign` selects addresses, so it must be public.
    @inline(never)
    mutating func add(_ q: UnsafePointer<ProjectiveNielsPoint>, sign: Int = 0) {
        let sums = UnsafeRawPointer(q).assumingMemoryBound(to: FieldElement.self)
        let a = (y - x) * sums[1 &- sign]
        let b = (y + x) * sums[sign]
        let c = t * q.pointee.t2d
        let zz = z * q.pointee.z
        complete(a, b, c, zz + zz, sign)
    }

    @inline(__always)
    private mutating func complete(
        _ a: FieldElement,
        _ b: FieldElement,
        _ c: FieldElement,
        _ d: FieldElement,
        _ sign: Int
    ) {
        let e = b - a
        let h = b + a
        let difference = d - c
        let sum = d.adding(tight: c)
        let mask = 0 &- UInt64(truncatingIfNeeded: sign)
        let f = FieldElement.select(mask, sum, difference)
        let g = FieldElement.select(mask, difference, sum)
        x = e * f
        y = g * h
        z = f * g
        t = e * h
    }

    /// Adds q; 9 multiplications.
    mutating func add(_ q: EdwardsPoint) {
        withUnsafePointer(to: ProjectiveNielsPoint(q)) { add($0) }
    }

    /// Doubles; 4 multiplications and 4 squarings. T is neither read nor, unless wanted, written.
    @inline(__always)
    private mutating func double(withT: Bool) {
        let a = x.squared()
        let b = y.squared()
        let zz = z.squared()
        let h = a + b
        let e = h - (x + y).squared()
        let g = a - b
        let f = ((zz + zz) - b).adding(tight: a)
        x = e * f
        y = g * h
        z = f * g
        if withT { t = e * h }
    }

    /// 2 self; T is not valid after.
    @inline(never)
    mutating func doubleWithoutT() { double(withT: false) }

    /// 2 self
    @inline(never)
    mutating func double() { double(withT: true) }

    /// 2^count self
    mutating func double(times count: Int) {
        guard count > 0 else { return }
        for _ in 1..<count { doubleWithoutT() }
        double()
    }

    func negated() -> EdwardsPoint {
        EdwardsPoint(x: (-x).carried(), y: y, z: z, t: (-t).carried())
    }
}
