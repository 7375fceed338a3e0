import Bulletproofs
import Ristretto255
import Transcript

extension RangeProof {
    /// Verifies that the values behind `commitments` lie in `[0, 2^bits)`.
    ///
    /// - Parameters:
    ///   - commitments: `m` encoded commitments `V_j`, a power of two.
    ///   - bits: 8, 16, 32 or 64.
    ///   - generators: at least `bits` generators for at least `m` parties.
    ///   - transcript: in the state in which the prover's was.
    ///   - randomness: a secure generator for the weight of the combined check.
    /// - Throws: ``BulletproofError/verificationError`` if the proof does not hold, ``BulletproofError/zeroChallenge``, or
    ///   ``BulletproofError/invalidBitsize``, ``BulletproofError/invalidAggregation``,
    ///   ``BulletproofError/insufficientGenerators`` for a statement that cannot be.
    public func verify(
        commitments: [CompressedRistretto],
        bits: Int,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) {
        guard bits <= generators.capacity, commitments.count <= generators.partyCount else {
            throw .insufficientGenerators
        }
        let equation = try verificationEquation(
            commitments: commitments,
            bits: bits,
            transcript: &transcript,
            randomness: &randomness
        )
        try equation.verify(generators: generators, pedersen: pedersen)
    }

    /// Everything ``verify(commitments:bits:generators:pedersen:transcript:randomness:)`` does but the multi-scalar
    /// multiplication: the equation that remains, for ``VerificationEquation/verify(batch:generators:pedersen:using:)`` or
    /// a larger sum. It is `<check of l and r> + c <check of t>` with a random weight `c` (docs/bulletproofs.md, 3.3).
    public func verificationEquation(
        commitments: [CompressedRistretto],
        bits: Int,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> VerificationEquation {
        let parties = commitments.count
        try Self.validate(bits: bits, parties: parties)
        let count = bits * parties

        let (y, z, x, w) = try replay(commitments: commitments, bits: bits, on: &transcript)
        let scalars = try innerProduct.verificationScalars(length: count, transcript: &transcript)
        let c = transcript.makeRandomness(witness: [], using: &randomness).scalar()

        // What each V_j counts in (t): z^2, z^3, ...
        let valueWeights = Array(z.powers(parties + 2)[2...])
        var equation = VerificationEquation()
        (equation.g, equation.h) = generatorScalars(
            bits: bits,
            y: y,
            z: z,
            valueWeights: valueWeights,
            folded: scalars.s
        )
        equation.base =
            w * (tX - innerProduct.a * innerProduct.b)
            + c * (Self.delta(bits: bits, parties: parties, y: y, z: z) - tX)
        equation.blindingBase = -(eBlinding + c * tXBlinding)
        try equation.append(.one, a)
        try equation.append(x, s)
        try equation.append(c * x, t1)
        try equation.append(c * x.squared(), t2)
        try innerProduct.appendRounds(scalars, to: &equation)
        for (commitment, weight) in zip(commitments, valueWeights) {
            try equation.append(c * weight, commitment)
        }
        return equation
    }

    /// Appends the messages up to the inner-product argument and draws their challenges.
    private func replay(
        commitments: [CompressedRistretto],
        bits: Int,
        on transcript: inout Transcript
    ) throws(BulletproofError) -> (y: Scalar, z: Scalar, x: Scalar, w: Scalar) {
        transcript.appendRangeProofDomain(bits: bits, parties: commitments.count)
        for commitment in commitments {
            // The identity, value 0 with blinding 0, is a commitment like any other.
            transcript.append("V", point: commitment)
        }
        try transcript.validateAndAppend("A", point: a)
        try transcript.validateAndAppend("S", point: s)
        let y = try transcript.nonzeroChallenge("y")
        let z = try transcript.nonzeroChallenge("z")
        try transcript.validateAndAppend("T_1", point: t1)
        try transcript.validateAndAppend("T_2", point: t2)
        let x = try transcript.nonzeroChallenge("x")
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        return (y, z, x, try transcript.nonzeroChallenge("w"))
    }

    /// What (lr) multiplies each party's `G_i` and `H_i` by. `s` are the inner-product argument's scalars.
    private func generatorScalars(
        bits: Int,
        y: Scalar,
        z: Scalar,
        valueWeights: [Scalar],
        folded s: [Scalar]
    ) -> (g: [[Scalar]], h: [[Scalar]]) {
        let twoPowers = Scalar.two.powers(bits)
        let yInverse = y.inverse()
        var yInversePower = Scalar.one
        var (g, h): ([[Scalar]], [[Scalar]]) = ([], [])
        for (party, weight) in valueWeights.enumerated() {
            var gRow: [Scalar] = []
            var hRow: [Scalar] = []
            gRow.reserveCapacity(bits)
            hRow.reserveCapacity(bits)
            for position in 0..<bits {
                let index = party * bits + position
                gRow.append(-(z + innerProduct.a * s[index]))
                let inner = weight * twoPowers[position] - innerProduct.b * s[s.count - 1 - index]
                hRow.append(z + yInversePower * inner)
                yInversePower *= yInverse
            }
            g.append(gRow)
            h.append(hRow)
        }
        return (g, h)
    }

    /// `delta(y, z) = (z - z^2) sum_{i < n m} y^i - sum_{j < m} z^(3+j) (2^n - 1)`.
    static func delta(bits: Int, parties: Int, y: Scalar, z: Scalar) -> Scalar {
        func sumOfPowers(_ base: Scalar, _ count: Int) -> Scalar {
            // count is a power of two: 1 + b + ... = (1 + b)(1 + b^2)(1 + b^4)...
            var result = Scalar.one
            var power = base
            var length = 1
            while length < count {
                result += result * power
                power = power.squared()
                length *= 2
            }
            return result
        }
        let zSquared = z.squared()
        return (z - zSquared) * sumOfPowers(y, bits * parties)
            - z * zSquared * sumOfPowers(.two, bits) * sumOfPowers(z, parties)
    }
}
