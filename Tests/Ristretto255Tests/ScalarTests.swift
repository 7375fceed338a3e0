import Testing

@testable import Ristretto255

@Suite("Scalar arithmetic against Python integers")
struct ScalarTests {
    let vectors: Vectors.Arithmetic

    init() throws { vectors = try Vectors.arithmetic() }

    @Test func binaryOperations() throws {
        for v in vectors.scalars {
            let (a, b) = (try scalar(v.a), try scalar(v.b))
            #expect(hex(a.bytes) == v.a)
            #expect(hex((a + b).bytes) == v.sum)
            #expect(hex((a - b).bytes) == v.difference)
            #expect(hex((a * b).bytes) == v.product)
            #expect((a == b) == (v.a == v.b))
            var c = a
            c += b
            c -= b
            #expect(c == a)
            c *= b
            #expect(c == a * b)
        }
    }

    @Test func unaryOperations() throws {
        for v in vectors.unary {
            let a = try scalar(v.a)
            #expect(hex((-a).bytes) == v.negative)
            #expect(hex(a.squared().bytes) == v.square)
            #expect(hex(a.inverse().bytes) == v.inverse)
            #expect(a.doubled() == a + a)
            #expect(a.isZero == (a == .zero))
        }
        var all = try vectors.unary.map { try scalar($0.a) }
        Scalar.batchInvert(&all)
        #expect(all.map { hex($0.bytes) } == vectors.unary.map(\.inverse))
        var none: [Scalar] = []
        Scalar.batchInvert(&none)
        #expect(none.isEmpty)
        #expect(Scalar.half * .two == .one)
        #expect(Scalar.zero.inverse() == .zero)
    }

    @Test func onlyCanonicalEncodingsDecode() {
        for v in vectors.canonical {
            let decoded = Scalar(canonicalBytes: hex(v.bytes))
            #expect((decoded != nil) == v.valid, "\(v.bytes)")
            if let decoded { #expect(hex(decoded.bytes) == v.bytes) }
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func wrongLengthsAreNil(length: Int) {
        #expect(Scalar(canonicalBytes: [UInt8](repeating: 0, count: length)) == nil)
        #expect(CompressedRistretto([UInt8](repeating: 0, count: length)) == nil)
    }

    @Test func wideReduction() {
        for v in vectors.reductions {
            let bytes = hex(v.bytes)
            #expect(hex(Scalar(wideBytes: bytes).bytes) == v.reduced)
            #expect(hex(Scalar(wideBytes: ArraySlice([9] + bytes).dropFirst()).bytes) == v.reduced)
            #expect(hex(Scalar(wideBytes: bytes + [1, 2, 3]).bytes) == v.reduced, "excess is ignored")
        }
        #expect(Scalar(wideBytes: []) == .zero)
        #expect(Scalar(wideBytes: [7]) == Scalar(7))
    }

    @Test func integers() {
        for v in vectors.integers {
            #expect(hex(Scalar(signed: v.value).bytes) == v.scalar)
            #expect(hex(Scalar(signed: Int(v.value)).bytes) == v.scalar)
        }
        #expect(Scalar(UInt64.max) + .one == Scalar(1 << 32) * Scalar(1 << 32))
        #expect([Scalar.zero, .one, .two] == [Scalar(0), Scalar(1), Scalar(2)])
    }

    @Test func innerProducts() throws {
        for v in vectors.inner {
            let (a, b): ([Scalar], [Scalar])
            if v.kind == "largest" {
                a = [Scalar](repeating: -.one, count: v.count)
                b = a
            } else {
                a = Array(Scalar.powers(of: try scalar(v.seedA), count: v.count + 1).dropFirst())
                b = Array(Scalar.powers(of: try scalar(v.seedB), count: v.count + 1).dropFirst())
            }
            #expect(hex(Scalar.innerProduct(a, b).bytes) == v.product, "\(v.count) \(v.kind)")
            #expect(zip(a, b).reduce(Scalar.zero) { $0 + $1.0 * $1.1 } == Scalar.innerProduct(a, b))
        }
    }

    /// The ninth word of the accumulator: more products than eight words hold.
    @Test func longInnerProduct() {
        var sum = ScalarAccumulator()
        for _ in 0..<70_000 { sum.add(-.one, times: -.one) }
        #expect(sum.reduced() == Scalar(70_000))
    }

    /// Sums and differences at both ends of the range, and two products under one reduction.
    @Test func extremesOfOneReduction() {
        var generator = TestRandom(state: 3)
        let high = Scalar(words: (0, 0, 0, 1 << 60))  // 2^252
        let values = [.zero, .one, -.one, -.two, high, -high, Scalar.random(using: &generator)]
        for a in values {
            for b in values {
                #expect(a - b + b == a)
                #expect(a + b - a == b)
                for c in values {
                    for d in values { #expect(Scalar.sumOfProducts(a, b, c, d) == a * b + c * d) }
                }
            }
        }
    }

    @Test func powers() {
        #expect(Scalar.powers(of: .two, count: 0).isEmpty)
        #expect(Scalar.powers(of: .two, count: -1).isEmpty)
        #expect(Scalar.powers(of: .two, count: 4) == [Scalar(1), Scalar(2), Scalar(4), Scalar(8)])
        #expect(Scalar.powers(of: .zero, count: 2) == [.one, .zero])
    }

    @Test func random() {
        var generator = TestRandom(state: 1)
        var words: [UInt8] = []
        var copy = generator
        for _ in 0..<8 { withUnsafeBytes(of: copy.next().littleEndian) { words += $0 } }
        #expect(Scalar.random(using: &generator) == Scalar(wideBytes: words))
    }

    /// Secrets do not appear in interpolations.
    @Test func descriptionHidesTheValue() { #expect("\(Scalar(5))" == "Scalar") }

    private func scalar(_ string: String) throws -> Scalar { try #require(Scalar(canonicalBytes: hex(string))) }
}
