import Ristretto255

/// A degree-3 round polynomial given by its values at 0, 1, 2 and 3.
package enum CubicRound {
    private static let sixth = Scalar(6).inverse()

    /// The next claim of a sumcheck round with running claim `claim = g(0) + g(1)` and masked g(0), g(2), g(3).
    package static func nextClaim(
        _ claim: Affine,
        _ zero: MaskedScalar,
        _ two: MaskedScalar,
        _ three: MaskedScalar,
        at point: Scalar
    ) -> Affine {
        let one = point - .one
        let minusTwo = one - .one
        let minusThree = minusTwo - .one
        // Lagrange weights of the values at 0, 1, 2, 3.
        let weights = (
            zero: -(one * minusTwo * minusThree * sixth),
            one: point * minusTwo * minusThree * .half,
            two: -(point * one * minusThree * .half),
            three: point * one * minusTwo * sixth
        )
        var next = claim * weights.one
        next.add(zero.affine, times: weights.zero - weights.one)
        next.add(two.affine, times: weights.two)
        next.add(three.affine, times: weights.three)
        return next
    }
}
