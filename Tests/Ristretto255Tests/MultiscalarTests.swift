import Testing

@testable import Ristretto255

@Suite("Multiscalar multiplication against sums of products")
struct MultiscalarTests {
    static let sizes = [0, 1, 2, 3, 31, 189, 190, 191, 1000, 4096]

    /// Points with identities and repetitions among them, and scalars with edge values.
    static func terms(_ count: Int) -> (scalars: [Scalar], points: [RistrettoPoint]) {
        var random = TestRandom(state: UInt64(count))
        let edges: [Scalar] = [.one, .zero, -.one, .two, -.two, .half, -.half, Scalar(UInt64.max)]
        var scalars: [Scalar] = []
        var points: [RistrettoPoint] = []
        for i in 0..<count {
            scalars.append(i % 3 == 0 ? edges[i / 3 % edges.count] : random.scalar())
            switch i % 11 {
            case 4: points.append(.identity)
            case 6: points.append(points[i - 1])
            case 8: points.append(-points[i - 1])
            case 10: points.append(points[i - 1].doubled())
            default: points.append(random.point())
            }
        }
        return (scalars, points)
    }

    static func sum(_ scalars: [Scalar], _ points: [RistrettoPoint]) -> RistrettoPoint {
        zip(scalars, points).reduce(.identity) { $0 + $1.0 * $1.1 }
    }

    @Test(arguments: sizes)
    func fullSize(count: Int) {
        let (scalars, points) = Self.terms(count)
        let expected = Self.sum(scalars, points)
        let fixed = PrecomputedPoints(points)
        #expect(RistrettoPoint.multiscalarMultiply(scalars, points) == expected)
        #expect(RistrettoPoint.multiscalarMultiply(scalars, fixed) == expected)
        #expect(RistrettoPoint.multiscalarMultiply(constantTime: scalars, points) == expected)
        #expect(RistrettoPoint.multiscalarMultiply(constantTime: scalars, ConstantTimeTables(points)) == expected)
        let tabulated = PrecomputedPoints(points, tabulated: true)
        #expect(RistrettoPoint.multiscalarMultiply(scalars, tabulated) == expected)
        for start in [count / 3, count - min(count, 60), count - min(count, 9)] {
            let part = RistrettoPoint.multiscalarMultiply(Array(scalars[start...]), tabulated[start..<count])
            #expect(part == RistrettoPoint.multiscalarMultiply(Array(scalars[start...]), Array(points[start...])))
        }
        // part of the terms over fixed points, in two sets
        let (a, b) = (count / 3, count / 2)
        for second in [fixed, tabulated] {
            #expect(
                RistrettoPoint.multiscalarMultiply(
                    Array(scalars[..<a]),
                    Array(points[..<a]),
                    fixed: [
                        (Array(scalars[a..<b]), fixed[a..<b]),
                        (Array(scalars[b...]), second[b..<count]),
                    ]
                ) == expected
            )
        }
    }

    /// The same group element in the same coordinates, whatever thread did which window.
    @Test func deterministic() {
        let (scalars, points) = Self.terms(4096)
        let fixed = PrecomputedPoints(points)
        let first = RistrettoPoint.multiscalarMultiply(scalars, fixed)
        for _ in 0..<3 {
            let again = RistrettoPoint.multiscalarMultiply(scalars, fixed)
            #expect(again.edwards.x.words() == first.edwards.x.words())
            #expect(again.edwards.z.words() == first.edwards.z.words())
        }
    }

    @Test(arguments: sizes)
    func small(count: Int) {
        let points = Self.terms(count).points
        let fixed = PrecomputedPoints(points)
        let tables = ConstantTimeTables(points)
        var random = TestRandom(state: 3)
        for bits in [1, 4, 5, 7, 8, 9, 10, 12, 14, 15, 16, 20, 24, 30, 31] {
            let bound = Int64(1) << bits - 1
            let values = (0..<count).map { i in
                Int32([bound, -bound, 0, 1][safe: i % 8] ?? Int64.random(in: -bound...bound, using: &random))
            }
            let expected = Self.sum(values.map { Scalar(signed: Int64($0)) }, points)
            #expect(RistrettoPoint.multiscalarMultiply(small: values, points) == expected, "\(bits) bits")
            #expect(RistrettoPoint.multiscalarMultiply(small: values, fixed) == expected, "\(bits) bits")
            #expect(RistrettoPoint.commit(constantTimeSmall: values, bits: bits, tables) == expected, "\(bits) bits")
        }
    }

    @Test func allZero() {
        let points = Self.terms(300).points
        let fixed = PrecomputedPoints(points)
        #expect(RistrettoPoint.multiscalarMultiply([Scalar](repeating: .zero, count: 300), fixed) == .identity)
        #expect(RistrettoPoint.multiscalarMultiply(small: [Int32](repeating: 0, count: 300), fixed) == .identity)
    }

    @Test func extremeSmallValues() {
        let points = Self.terms(3).points
        let values: [Int32] = [.min, .max, -1]
        let expected = Self.sum(values.map { Scalar(signed: Int64($0)) }, points)
        #expect(RistrettoPoint.multiscalarMultiply(small: values, points) == expected)
    }

    @Test func slices() {
        let points = Self.terms(20).points
        let fixed = PrecomputedPoints(points)
        #expect(fixed.count == 20)
        #expect((0..<20).allSatisfy { fixed[$0] == points[$0] })
        let slice = fixed[5..<15][2..<4]
        #expect(slice.count == 2)
        #expect(slice[0] == points[7] && slice[1] == points[8])
        #expect(fixed.prefix(3).count == 3)
        #expect(fixed.prefix(99).count == 20)
        let scalars = [Scalar(3), Scalar(4)]
        let expected = Self.sum(scalars, [points[7], points[8]])
        #expect(RistrettoPoint.multiscalarMultiply(scalars, slice) == expected)
        #expect(RistrettoPoint.multiscalarMultiply(small: [3, 4], slice) == expected)
        #expect(RistrettoPoint.multiscalarMultiply(small: [3, 4], fixed[7..<15]) == expected)
    }

    @Test func batchCompression() {
        for count in [0, 1, 2, 3, 4, 5, 9, 100] {
            let points = Self.terms(count).points
            let encodings = RistrettoPoint.compressBatch(points)
            #expect(encodings == points.map { $0.compress() })
            #expect(RistrettoPoint.decompressBatch(encodings) == points)
        }
    }

    @Test func batchDecompressionRefusesOneInvalidPoint() throws {
        var encodings = RistrettoPoint.compressBatch(Self.terms(100).points)
        encodings[77] = try #require(CompressedRistretto([1] + [UInt8](repeating: 0, count: 31)))
        #expect(RistrettoPoint.decompressBatch(encodings) == nil)
    }

    @Test func fixedBase() {
        let (scalars, points) = Self.terms(12)
        for point in points {
            let table = FixedBaseTable(point)
            #expect(table.base == point)
            for scalar in scalars { #expect(table.multiply(scalar) == scalar * point) }
        }
    }

    @Test func signedDigits() {
        let (scalars, _) = Self.terms(60)
        var digits = [Int8](repeating: 0, count: 64)
        for scalar in scalars {
            digits.withUnsafeMutableBufferPointer { SignedDigits.radix16(scalar, into: $0.baseAddress!) }
            #expect(digits.allSatisfy { -8...8 ~= $0 })
            #expect(digits.reversed().reduce(Scalar.zero) { $0 * Scalar(16) + Scalar(signed: Int($1)) } == scalar)
            digits.withUnsafeMutableBufferPointer { SignedDigits.radix32(scalar, into: $0.baseAddress!) }
            #expect(digits[..<51].allSatisfy { -16...16 ~= $0 })
            #expect(
                digits[..<51].reversed().reduce(Scalar.zero) { $0 * Scalar(32) + Scalar(signed: Int($1)) } == scalar
            )
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
