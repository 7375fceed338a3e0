import Ristretto255

/// A degree-2 round polynomial given by its values at 0, 1 and 2.
package enum QuadraticRound {
    private static let half = Scalar(2).inverse()

    /// Lagrange weights of the values at 0, 1, 2 for the value at `point`.
    package static func weights(at point: Scalar) -> (zero: Scalar, one: Scalar, two: Scalar) {
        let minusOne = point - .one
        let minusTwo = minusOne - .one
        return (minusOne * minusTwo * half, -(point * minusTwo), point * minusOne * half)
    }

    /// The next claim of a sumcheck round with running claim `claim = g(0) + g(1)` and masked g(0), g(2).
    package static func nextClaim(
        _ claim: Affine,
        _ zero: MaskedScalar,
        _ two: MaskedScalar,
        at point: Scalar
    ) -> Affine {
        let weights = weights(at: point)
        var next = claim * weights.one
        next.add(zero.affine, times: weights.zero - weights.one)
        next.add(two.affine, times: weights.two)
        return next
    }
}
