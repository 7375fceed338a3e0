import Ristretto255
import Testing

@testable import Multilinear

@Suite struct RoundTests {
    /// A cubic through its values at 0, 1, 2, 3, with g(1) taken from the claim.
    @Test func cubicRoundInterpolates() {
        func polynomial(_ x: Scalar) -> Scalar { ((Scalar(3) * x - Scalar(8)) * x + Scalar(11)) * x + Scalar(2) }
        let pads = [Wire.left(0), Wire.right(0), Wire.left(1)]
        let values = [Scalar.zero, .two, Scalar(3)].map(polynomial)
        let sent = zip(values, pads).map { MaskedScalar(sent: $0 - Scalar(UInt64($1.index) + 9), pad: $1) }
        for point in [Scalar.zero, .one, Scalar(17), -Scalar(5)] {
            let claim = AffineForm(polynomial(.zero) + polynomial(.one))
            let next = CubicRound.nextClaim(claim, sent[0], sent[1], sent[2], at: point)
            #expect(next.evaluate { Scalar(UInt64($0.index) + 9) } == polynomial(point))
        }
    }
}
