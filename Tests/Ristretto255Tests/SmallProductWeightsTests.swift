import Testing

@testable import Ristretto255

@Suite struct SmallProductWeightsTests {
    @Test(arguments: [0, 1, 2, 7, 1000], [1, 3])
    func agreesWithScalarArithmetic(count: Int, stride: Int) {
        var random = SystemRandomNumberGenerator()
        let extremes: [Int32] = [0, 1, -1, .max, .min, 127, -128]
        let weights = (0..<count).map { $0 % 5 == 0 ? -Scalar.one : Scalar.random(using: &random) }
        let values = (0..<max(1, count * stride)).map {
            $0 < extremes.count ? extremes[$0] : Int32.random(in: .min ... .max, using: &random)
        }
        let expected = weights.indices.reduce(Scalar.zero) {
            $0 + weights[$1] * Scalar(signed: Int(values[$1 * stride]))
        }
        #expect(product(weights, values, stride: stride) == expected)
    }

    /// The largest sums of either sign.
    @Test(arguments: [Int32.max, Int32.min])
    func doesNotOverflow(value: Int32) {
        let weights = [Scalar](repeating: -Scalar.one, count: 100_000)
        let values = [Int32](repeating: value, count: 100_000)
        #expect(product(weights, values, stride: 1) == -Scalar(100_000) * Scalar(signed: Int(value)))
    }

    private func product(_ weights: [Scalar], _ values: [Int32], stride: Int) -> Scalar {
        weights.withUnsafeBufferPointer { weights in
            values.withUnsafeBufferPointer { values in
                values.baseAddress.map { SmallProductWeights(weights).product($0, stride: stride) } ?? .zero
            }
        }
    }
}
