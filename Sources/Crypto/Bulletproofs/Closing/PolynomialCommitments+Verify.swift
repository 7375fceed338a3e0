import Ristretto255
import Transcript

extension PolynomialCommitments {
    /// Replays the messages after the commitments to the wires and returns the one equation that remains
    /// (docs/bulletproofs.md, 4.3). `phase1` and `phase2` are `A_I, A_O, S` of either phase.
    ///
    /// Throws ``BulletproofError/verificationError``, ``BulletproofError/zeroChallenge`` and what `flatten` throws.
    package func verificationEquation(
        gateCount: Int,
        firstPhaseCount: Int,
        phase1: [CompressedRistretto],
        phase2: [CompressedRistretto],
        commitments: [CompressedRistretto],
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator,
        flatten: (_ z: Scalar) throws(BulletproofError) -> FlattenedConstraints
    ) throws(BulletproofError) -> VerificationEquation {
        let challenges = try replay(phase2: phase2, on: &transcript)
        let weights = try flatten(challenges.z)
        let scalars = try innerProduct.verificationScalars(
            length: nextPowerOfTwo(gateCount),
            transcript: &transcript
        )
        // The weight of (t) in the sum (lr) + r (t).
        let r = transcript.makeRandomness(witness: [], using: &randomness).scalar()

        let (gRow, hRow, delta) = generatorScalars(
            gateCount: gateCount,
            firstPhaseCount: firstPhaseCount,
            weights: weights,
            challenges: challenges,
            folded: scalars.s
        )
        let x = challenges.x
        let xx = x.squared()
        var equation = VerificationEquation()
        equation.g = [gRow]
        equation.h = [hRow]
        equation.base =
            challenges.w * (tX - innerProduct.a * innerProduct.b) + r * (xx * (weights.constant + delta) - tX)
        equation.blindingBase = -(eBlinding + r * tXBlinding)
        for (power, point) in zip([x, xx, xx * x], phase1) {
            try equation.append(power, point)
        }
        for (power, point) in zip([x, xx, xx * x], phase2) {
            try equation.append(challenges.u * power, point)
        }
        for (weight, point) in zip(weights.committed, commitments) {
            try equation.append(r * xx * weight, point)
        }
        var power = r * x
        try equation.append(power, t1)
        power *= xx
        for point in [t3, t4, t5, t6] {
            try equation.append(power, point)
            power *= x
        }
        try innerProduct.appendRounds(scalars, to: &equation)
        return equation
    }

    /// The challenges of the messages before the inner-product argument, in order.
    private struct Challenges {
        let y: Scalar
        let z: Scalar
        let u: Scalar
        let x: Scalar
        let w: Scalar
    }

    /// Appends the messages up to the inner-product argument and draws their challenges.
    private func replay(
        phase2: [CompressedRistretto],
        on transcript: inout Transcript
    ) throws(BulletproofError) -> Challenges {
        // A phase without gates is committed to by identities, so these are not refused here.
        transcript.append("A_I2", point: phase2[0])
        transcript.append("A_O2", point: phase2[1])
        transcript.append("S2", point: phase2[2])
        let y = try transcript.nonzeroChallenge("y")
        let z = try transcript.nonzeroChallenge("z")
        try transcript.validateAndAppend("T_1", point: t1)
        try transcript.validateAndAppend("T_3", point: t3)
        try transcript.validateAndAppend("T_4", point: t4)
        try transcript.validateAndAppend("T_5", point: t5)
        try transcript.validateAndAppend("T_6", point: t6)
        let u = try transcript.nonzeroChallenge("u")
        let x = try transcript.nonzeroChallenge("x")
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        return Challenges(y: y, z: z, u: u, x: x, w: try transcript.nonzeroChallenge("w"))
    }

    /// What (lr) multiplies each `G_i` and `H_i` by, and `delta = <y^-n w_R, w_L>`. `s` are the inner-product argument's
    /// scalars, one for each gate with the padding.
    private func generatorScalars(
        gateCount n: Int,
        firstPhaseCount first: Int,
        weights: FlattenedConstraints,
        challenges: Challenges,
        folded s: [Scalar]
    ) -> (g: [Scalar], h: [Scalar], delta: Scalar) {
        let (x, u) = (challenges.x, challenges.u)
        let padded = s.count
        let yInversePowers = challenges.y.inverse().powers(padded)
        var delta = Scalar.zero
        var gRow: [Scalar] = []
        var hRow: [Scalar] = []
        gRow.reserveCapacity(padded)
        hRow.reserveCapacity(padded)
        for index in 0..<padded {
            // A padding gate has no constraint; like a gate of phase 2 it carries the factor u.
            var gScalar = -(innerProduct.a * s[index])
            var hInner = -(innerProduct.b * s[padded - 1 - index])
            if index < n {
                let right = weights.right[index] * yInversePowers[index]
                delta += right * weights.left[index]
                gScalar += x * right
                hInner += x * weights.left[index] + weights.output[index]
            }
            let hScalar = yInversePowers[index] * hInner - .one
            gRow.append(index < first ? gScalar : u * gScalar)
            hRow.append(index < first ? hScalar : u * hScalar)
        }
        return (gRow, hRow, delta)
    }
}
