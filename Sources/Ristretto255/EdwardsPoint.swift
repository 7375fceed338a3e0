/// A point of edwards25519 in extended twisted Edwards coordinates: x = X/Z, y = Y/Z, x y = T/Z (Hisil, Wong, Carter,
/// Dawson 2008). Coordinates are tight.
@usableFromInline
@frozen
struct EdwardsPoint: Sendable {
    @usableFromInline var x: FieldElement
    @usableFromInline var y: FieldElement
    @usableFromInline var z: FieldElement
    @usableFromInline var t: FieldElement

    @inlinable
    @inline(__always)
    init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    @inlinable
    @inline(__always)
    static var identity: EdwardsPoint { EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero) }

    /// The base point of RFC 8032, which is also the generator of ristretto255.
    @inlinable
    static var generator: EdwardsPoint {
        EdwardsPoint(
            x: FieldElement(0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5),
            y: FieldElement(0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666),
            z: .one,
            t: FieldElement(0x68ab3a5b7dda3, 0xeea2a5eadbb, 0x2af8df483c27e, 0x332b375274732, 0x67875f0fd78b7)
        )
    }
}

// MARK: - Group law (complete, a = -1)

extension EdwardsPoint {
    /// (E F : G H : F G : E H)
    @inlinable
    @inline(__always)
    init(completed e: FieldElement, _ f: FieldElement, _ g: FieldElement, _ h: FieldElement) {
        self.init(x: e * f, y: g * h, z: f * g, t: e * h)
    }

    /// self + q, 8 multiplications.
    @inlinable
    @inline(__always)
    func adding(_ q: ProjectiveNielsPoint) -> EdwardsPoint {
        let a = (y - x) * q.yMinusX
        let b = (y + x) * q.yPlusX
        let c = t * q.t2d
        let zz = z * q.z
        let d = zz + zz
        return EdwardsPoint(completed: b - a, d - c, d + c, b + a)
    }

    /// self - q, 8 multiplications.
    @inlinable
    @inline(__always)
    func subtracting(_ q: ProjectiveNielsPoint) -> EdwardsPoint {
        let a = (y - x) * q.yPlusX
        let b = (y + x) * q.yMinusX
        let c = t * q.t2d
        let zz = z * q.z
        let d = zz + zz
        return EdwardsPoint(completed: b - a, d + c, d - c, b + a)
    }

    /// self + q, 7 multiplications.
    @inlinable
    @inline(__always)
    func adding(_ q: AffineNielsPoint) -> EdwardsPoint {
        let a = (y - x) * q.yMinusX
        let b = (y + x) * q.yPlusX
        let c = t * q.t2d
        let d = z + z
        return EdwardsPoint(completed: b - a, d - c, d + c, b + a)
    }

    /// self - q, 7 multiplications.
    @inlinable
    @inline(__always)
    func subtracting(_ q: AffineNielsPoint) -> EdwardsPoint {
        let a = (y - x) * q.yPlusX
        let b = (y + x) * q.yMinusX
        let c = t * q.t2d
        let d = z + z
        return EdwardsPoint(completed: b - a, d + c, d - c, b + a)
    }

    /// self + q, 9 multiplications.
    @inlinable
    @inline(__always)
    func adding(_ q: EdwardsPoint) -> EdwardsPoint {
        let a = (y - x) * (q.y - q.x)
        let b = (y + x) * (q.y + q.x)
        let c = (t * q.t) * .twoD
        let zz = z * q.z
        let d = zz + zz
        return EdwardsPoint(completed: b - a, d - c, d + c, b + a)
    }

    /// 2 self, 4 multiplications and 4 squarings.
    @inlinable
    @inline(__always)
    func doubled() -> EdwardsPoint {
        let (e, f, g, h) = doubling()
        return EdwardsPoint(completed: e, f, g, h)
    }

    /// 2 self without T, for a point that is doubled next: saves one multiplication.
    @inlinable
    @inline(__always)
    func doubledWithoutT() -> EdwardsPoint {
        let (e, f, g, h) = doubling()
        return EdwardsPoint(x: e * f, y: g * h, z: f * g, t: .zero)
    }

    /// The factors E, F, G, H of 2 self; does not read T.
    @inlinable
    @inline(__always)
    func doubling() -> (FieldElement, FieldElement, FieldElement, FieldElement) {
        let a = x.squared()
        let b = y.squared()
        let zz = z.squared()
        let h = a + b
        let e = h - (x + y).squared()
        let g = a - b
        let f = zz + zz + g
        return (e, f, g, h)
    }

    /// 2^count self
    @inlinable
    func doubled(times count: Int) -> EdwardsPoint {
        guard count > 0 else { return self }
        var r = self
        for _ in 1..<count { r = r.doubledWithoutT() }
        return r.doubled()
    }

    @inlinable
    @inline(__always)
    func negated() -> EdwardsPoint {
        EdwardsPoint(x: (-x).carried(), y: y, z: z, t: (-t).carried())
    }
}
