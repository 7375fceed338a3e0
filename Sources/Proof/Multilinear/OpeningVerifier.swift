import Ristretto255

/// The verifier's side of the batch opening: the constraint that ties the claims to the opened value, and the group
/// equation that ties the opened value to the row commitments (`docs/protocol.md` section 5.5).
package enum OpeningVerifier {
    /// What the group equation needs once all challenges are known.
    package struct Challenges: Sendable {
        let rowWeights: [Scalar]
        let columnWeights: [Scalar]
        let maskChallenge: Scalar
        let baseChallenge: Scalar
        let foldChallenges: [Scalar]
    }

    /// Reads the opening's messages and adds its constraint.
    ///
    /// - Parameter weights: L and R from the powers of gamma and the point at which the sumcheck ends.
    static func run(
        _ layout: OpeningLayout,
        values: [AffineForm],
        proof: OpeningProof,
        channel: inout some MessageChannel,
        constraints: inout ConstraintList,
        weights: (_ powers: [Scalar], _ point: [Scalar]) -> (rows: [Scalar], columns: [Scalar])
    ) throws(InteractionError) -> Challenges {
        let gamma = try channel.challenge(.openingBatch)
        let powers = Scalar.powers(of: gamma, count: values.count)
        var claim = AffineForm()
        for (power, value) in zip(powers, values) {
            claim.add(value, times: power)
        }
        var point: [Scalar] = []
        for pads in layout.rounds {
            let zero = try channel.receive(.openingRound, pad: pads.zero)
            let two = try channel.receive(.openingRound, pad: pads.two)
            let challenge = try channel.challenge(.openingRoundChallenge)
            point.append(challenge)
            claim = QuadraticRound.nextClaim(claim, zero, two, at: challenge)
        }
        channel.absorb(.maskCommitment, point: proof.maskCommitment)
        let k = try channel.challenge(.maskChallenge)
        channel.absorb(.maskedValue, scalar: proof.maskedValue)
        channel.absorb(.maskedBlinder, scalar: proof.maskedBlinder)
        var residual = claim * k
        residual += AffineForm(-proof.maskedValue)
        residual.add(layout.mask)
        constraints.require(.opening, isZero: residual)

        let baseChallenge = try channel.challenge(.innerProductBase)
        var foldChallenges: [Scalar] = []
        for fold in proof.folds {
            channel.absorb(.foldLeft, point: fold.left)
            channel.absorb(.foldRight, point: fold.right)
            foldChallenges.append(try channel.challenge(.foldChallenge))
        }
        for entry in proof.vector {
            channel.absorb(.foldedVector, scalar: entry)
        }
        let (rowWeights, columnWeights) = weights(powers, point)
        return Challenges(
            rowWeights: rowWeights,
            columnWeights: columnWeights,
            maskChallenge: k,
            baseChallenge: baseChallenge,
            foldChallenges: foldChallenges
        )
    }

    /// The group equation as a sum that must vanish:
    /// `k sum L_i C_i + D + s U - omega H + sum (c^2 L + c^-2 R) - sum a_j s_j G_j - <a, R> U`.
    ///
    /// - Parameter points: decoded rows in matrix order, D and (L, R) of the proof.
    package static func equation(
        _ layout: OpeningLayout,
        _ challenges: Challenges,
        proof: OpeningProof,
        points: ArgumentPoints
    ) -> Equation {
        var equation = Equation()
        for (row, commitment) in points.rows.enumerated() {
            equation.add(challenges.maskChallenge * challenges.rowWeights[row], commitment)
        }
        if let shared = points.sharedRows {
            let weights = challenges.rowWeights[points.rows.count...].prefix(shared.points.count)
            equation.add(weights.map { challenges.maskChallenge * $0 }, of: .rows(shared))
        }
        equation.add(.one, points.maskCommitment)

        var inverses = challenges.foldChallenges
        Scalar.batchInvert(&inverses)
        var weights = challenges.columnWeights
        var generatorScalars = [Scalar](repeating: -Scalar.one, count: layout.columnCount)
        var length = layout.columnCount
        for (round, fold) in points.folds.enumerated() {
            let challenge = challenges.foldChallenges[round]
            let inverse = inverses[round]
            equation.add(challenge.squared(), fold.left)
            equation.add(inverse.squared(), fold.right)
            let half = length / 2
            for index in 0..<half {
                weights[index] = weights[index] * inverse + weights[half + index] * challenge
            }
            for index in generatorScalars.indices {
                generatorScalars[index] *= index % length < half ? inverse : challenge
            }
            length = half
        }
        for index in generatorScalars.indices { generatorScalars[index] *= proof.vector[index % length] }
        equation.add(generatorScalars, of: .rowColumns)
        let opened = Scalar.innerProduct(proof.vector, Array(weights[..<length]))
        let innerProduct = challenges.baseChallenge * (proof.maskedValue - opened)
        equation.add([-proof.maskedBlinder, innerProduct], of: .rowBases)
        return equation
    }
}
