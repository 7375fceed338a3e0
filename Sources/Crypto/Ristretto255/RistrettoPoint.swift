/// An element of ristretto255, the prime-order group of RFC 9496.
///
/// Represented by one point of its coset on edwards25519; `==` is equality of group elements.
public struct RistrettoPoint: Sendable {
    var edwards: EdwardsPoint

    @inline(__always)
    init(edwards: EdwardsPoint) { self.edwards = edwards }

    /// The neutral element; encoded as 32 zeros.
    public static var identity: RistrettoPoint { RistrettoPoint(edwards: .identity) }

    /// The generator of RFC 9496, section 4.4.
    public static var generator: RistrettoPoint { RistrettoPoint(edwards: .generator) }
}

// MARK: - Encoding

extension RistrettoPoint {
    /// Decode of RFC 9496, section 4.3.1.
    init?(decoding encoding: CompressedRistretto) {
        guard let input = DecodingInput(encoding) else { return nil }
        let one = FieldElement.one
        self.init(input, squareRoot: FieldElement.squareRootRatio(one, input.ratio))
    }

    /// What precedes the inverse square root in Decode.
    struct DecodingInput {
        let s: FieldElement
        let u1: FieldElement
        let u2: FieldElement
        let v: FieldElement
        /// v u2^2, whose inverse square root is needed
        let ratio: FieldElement

        /// `nil` when the encoding is not canonical or negative.
        init?(_ encoding: CompressedRistretto) {
            let words = (encoding.w0, encoding.w1, encoding.w2, encoding.w3)
            s = FieldElement(words: words)
            guard s.words() == words, words.0 & 1 == 0 else { return nil }
            let ss = s.squared()
            u1 = (.one - ss).carried()
            u2 = (.one + ss).carried()
            let u2Squared = u2.squared()
            v = (-(FieldElement.d * u1.squared()) - u2Squared).carried()
            ratio = v * u2Squared
        }
    }

    /// What follows the inverse square root in Decode; `nil` when there is none, t is negative or y is zero.
    init?(_ input: DecodingInput, squareRoot: (wasSquare: UInt64, root: FieldElement)) {
        let denominatorX = squareRoot.root * input.u2
        let denominatorY = squareRoot.root * denominatorX * input.v
        let x = ((input.s + input.s) * denominatorX).absolute()
        let y = input.u1 * denominatorY
        let t = x * y
        guard squareRoot.wasSquare & ~t.negativeMask & ~y.zeroMask != 0 else { return nil }
        self.init(edwards: EdwardsPoint(x: x, y: y, z: .one, t: t))
    }

    /// Encode of RFC 9496, section 4.3.2. Constant time.
    public func compress() -> CompressedRistretto {
        let input = EncodingInput(edwards)
        return input.encode(inverseSquareRoot: FieldElement.squareRootRatio(.one, input.ratio).root)
    }

    /// What precedes the inverse square root in Encode.
    struct EncodingInput {
        let point: EdwardsPoint
        let u1: FieldElement
        let u2: FieldElement
        /// u1 u2^2, whose inverse square root is needed
        let ratio: FieldElement

        init(_ point: EdwardsPoint) {
            self.point = point
            u1 = (point.z + point.y) * (point.z - point.y)
            u2 = point.x * point.y
            ratio = u1 * u2.squared()
        }

        /// What follows the inverse square root in Encode.
        func encode(inverseSquareRoot: FieldElement) -> CompressedRistretto {
            let i = FieldElement.squareRootOfMinusOne
            let denominator1 = inverseSquareRoot * u1
            let denominator2 = inverseSquareRoot * u2
            let zInverse = denominator1 * denominator2 * point.t
            let rotate = (point.t * zInverse).negativeMask
            let x = FieldElement.select(rotate, point.y * i, point.x)
            var y = FieldElement.select(rotate, point.x * i, point.y)
            let enchanted = denominator1 * .inverseSquareRootOfAMinusD
            let denominatorInverse = FieldElement.select(rotate, enchanted, denominator2)
            y = .select((x * zInverse).negativeMask, (-y).carried(), y)
            let s = (denominatorInverse * (point.z - y)).absolute()
            return CompressedRistretto(words: s.words())
        }
    }

    /// The encodings of many points, on several cores. Constant time.
    public static func compressBatch(_ points: [RistrettoPoint]) -> [CompressedRistretto] {
        [CompressedRistretto](unsafeUninitializedCapacity: points.count) { buffer, initialized in
            if let output = buffer.baseAddress {
                Parallel.forEachPiece(count: points.count, cost: 7_000) { range in
                    for i in range { output.advanced(by: i).initialize(to: points[i].compress()) }
                }
            }
            initialized = points.count
        }
    }

    /// Decodes many points, on several cores; `nil` when any is invalid.
    public static func decompressBatch(_ encodings: [CompressedRistretto]) -> [RistrettoPoint]? {
        guard !encodings.isEmpty else { return [] }
        let pieces = Parallel.pieces(count: encodings.count, cost: 7_000)
        var valid = [Bool](repeating: false, count: pieces)
        let points = [RistrettoPoint](unsafeUninitializedCapacity: encodings.count) { buffer, initialized in
            valid.withUnsafeMutableBufferPointer { flags in
                guard let output = buffer.baseAddress, let valid = flags.baseAddress else { return }
                Parallel.forEach(pieces, parallel: true) { piece in
                    var all = true
                    for i in Parallel.piece(piece, of: pieces, count: encodings.count) {
                        let point = encodings[i].decompress()
                        all = all && point != nil
                        output.advanced(by: i).initialize(to: point ?? .identity)
                    }
                    valid[piece] = all
                }
            }
            initialized = encodings.count
        }
        return valid.allSatisfy { $0 } ? points : nil
    }

    /// The one-way map of RFC 9496, section 4.3.4. Constant time.
    ///
    /// - Parameter uniformBytes: 64 bytes. Fewer are read as if followed by zeros; bytes after the 64th are ignored.
    public init(uniformBytes: some Collection<UInt8>) {
        let (lower, upper) = LittleEndian.words8(uniformBytes)
        self.init(edwards: RistrettoPoint.map(FieldElement(words: lower)))
        edwards.add(RistrettoPoint.map(FieldElement(words: upper)))
    }

    /// MAP of RFC 9496, section 4.3.4.
    private static func map(_ t: FieldElement) -> EdwardsPoint {
        let one = FieldElement.one
        let d = FieldElement.d
        let r = FieldElement.squareRootOfMinusOne * t.squared()
        let u = (r + one) * .oneMinusDSquared
        let v = (-one - r * d) * (r + d)
        let (wasSquare, root) = FieldElement.squareRootRatio(u, v)
        let sPrime = (-(root * t).absolute()).carried()
        let s = FieldElement.select(wasSquare, root, sPrime)
        let c = FieldElement.select(wasSquare, (-one).carried(), r)
        let n = (c * (r - one) * .dMinusOneSquared - v).carried()
        let w0 = (s + s) * v
        let w1 = n * .squareRootOfADMinusOne
        let ss = s.squared()
        let w2 = one - ss
        let w3 = one + ss
        return EdwardsPoint(x: w0 * w3, y: w2 * w1, z: w1 * w3, t: w0 * w2)
    }
}

// MARK: - Group operations

extension RistrettoPoint: Equatable {
    /// Equality of group elements (RFC 9496, section 4.3.3). Constant time.
    public static func == (a: RistrettoPoint, b: RistrettoPoint) -> Bool {
        let (p, q) = (a.edwards, b.edwards)
        let same = FieldElement.equalMask(p.x * q.y, p.y * q.x)
        let rotated = FieldElement.equalMask(p.y * q.y, p.x * q.x)
        return same | rotated != 0
    }

    /// Whether this is the identity. Constant time.
    public var isIdentity: Bool { edwards.x.zeroMask | edwards.y.zeroMask != 0 }
}

extension RistrettoPoint {
    /// The sum. Constant time, like all group operations here.
    public static func + (a: RistrettoPoint, b: RistrettoPoint) -> RistrettoPoint {
        var r = a
        r += b
        return r
    }

    /// The difference.
    public static func - (a: RistrettoPoint, b: RistrettoPoint) -> RistrettoPoint {
        var r = a
        r -= b
        return r
    }

    /// The inverse.
    public static prefix func - (a: RistrettoPoint) -> RistrettoPoint { RistrettoPoint(edwards: a.edwards.negated()) }

    /// Adds a point.
    public static func += (a: inout RistrettoPoint, b: RistrettoPoint) { a.edwards.add(b.edwards) }

    /// Subtracts a point.
    public static func -= (a: inout RistrettoPoint, b: RistrettoPoint) { a.edwards.add(b.edwards.negated()) }

    /// The point added to itself.
    public func doubled() -> RistrettoPoint {
        var r = self
        r.edwards.double()
        return r
    }

    /// s P, constant time in the scalar and the point: signed radix-16 digits, masked table selection.
    public static func * (s: Scalar, p: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(edwards: p.edwards.multiplied(by: s))
    }
}

extension RistrettoPoint: CustomStringConvertible {
    /// The encoding in hexadecimal; for tests and messages about public points.
    public var description: String { compress().description }
}
