import Ristretto255
import Testing

@testable import Multilinear

@Suite struct TensorTableTests {
    /// However the factors are cut, every round and what is left are those of the table of all weights.
    @Test(arguments: [[1, 2], [2, 1], [4, 2, 2, 2], [2, 2, 2, 2, 2, 2, 2], [1, 16, 2], [2, 32], [1, 4, 1, 8, 4]])
    func isTheTableOfAllWeights(lengths: [Int]) {
        var seed: UInt64 = 11
        func next() -> Scalar {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Scalar(seed).squared()
        }
        let factors = lengths.map { length in (0..<length).map { _ in next() } }
        let weights = factors.reduce([Scalar.one]) { Scalar.tensorProduct($0, $1) }
        let values = weights.map { _ in next() }
        var tensor = TensorTable(factors: factors, values: values)
        var whole = SumcheckTable(weights: weights, values: values)
        for _ in 0..<weights.count.trailingZeroBitCount {
            let (own, expected) = (tensor.roundSums(), whole.roundSums())
            #expect(own.zero == expected.zero)
            #expect(own.two == expected.two)
            let challenge = next()
            tensor.bind(to: challenge)
            whole.bind(to: challenge)
        }
        #expect(tensor.weight == whole.weights[0])
    }
}
