import Testing

@testable import Ristretto255

@Suite struct SmallProductAccumulatorTests {
    @Test func agreesWithScalarArithmetic() {
        var random = SystemRandomNumberGenerator()
        let extremes: [Int32] = [0, 1, -1, .max, .min, 127, -128]
        for count in [0, 1, 2, 7, 1000] {
            var sum = SmallProductAccumulator()
            var expected = Scalar.zero
            for index in 0..<count {
                let scalar = index % 5 == 0 ? -Scalar.one : Scalar.random(using: &random)
                let small = index < extremes.count ? extremes[index] : Int32.random(in: .min ... .max, using: &random)
                sum.add(scalar, times: small)
                expected += scalar * Scalar(signed: Int(small))
            }
            #expect(sum.reduced() == expected)
        }
    }

    /// The largest sums of either sign stay inside five words.
    @Test(arguments: [Int32.max, Int32.min])
    func doesNotOverflow(value: Int32) {
        var sum = SmallProductAccumulator()
        let largest = -Scalar.one
        for _ in 0..<100_000 { sum.add(largest, times: value) }
        #expect(sum.reduced() == -Scalar(100_000) * Scalar(signed: Int(value)))
    }
}
