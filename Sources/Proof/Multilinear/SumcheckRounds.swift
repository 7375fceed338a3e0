import Ristretto255

// One round of a sumcheck sends its polynomial g as values at small integers; the value at 1 follows from the running
// claim g(0) + g(1) and is never sent. The verifier knows the others up to their pads, so that the next claim is an
// affine form of these.

/// A degree-2 round polynomial given by its values at 0, 1 and 2.
package enum QuadraticRound {
    /// Lagrange weights of the values at 0, 1, 2 for the value at `point`.
    package static func weights(at point: Scalar) -> (zero: Scalar, one: Scalar, two: Scalar) {
        let minusOne = point - .one
        let minusTwo = minusOne - .one
        return (minusOne * minusTwo * .half, -(point * minusTwo), point * minusOne * .half)
    }

    /// The next claim of a sumcheck round with running claim `claim = g(0) + g(1)` and masked g(0), g(2).
    package static func nextClaim(
        _ claim: AffineForm,
        _ zero: MaskedScalar,
        _ two: MaskedScalar,
        at point: Scalar
    ) -> AffineForm {
        let weights = weights(at: point)
        var next = claim * weights.one
        next.add(zero.affine, times: weights.zero - weights.one)
        next.add(two.affine, times: weights.two)
        return next
    }
}

/// A degree-3 round polynomial given by its values at 0, 1, 2 and 3.
package enum CubicRound {
    private static let sixth = Scalar(6).inverse()

    /// The next claim of a sumcheck round with running claim `claim = g(0) + g(1)` and masked g(0), g(2), g(3).
    package static func nextClaim(
        _ claim: AffineForm,
        _ zero: MaskedScalar,
        _ two: MaskedScalar,
        _ three: MaskedScalar,
        at point: Scalar
    ) -> AffineForm {
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
