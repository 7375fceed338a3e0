import Ristretto255
import Transcript

extension InnerProductArgument {
    /// The scalars of the verification equation: `u_j^2` and `u_j^-2` for each round, and `s` with
    /// `G_final = <s, G'>` and `H_final = <reversed s, H'>` (docs/bulletproofs.md, section 2).
    package struct VerificationScalars {
        /// `u_j^2`, the first round first.
        package let challengeSquares: [Scalar]
        /// `u_j^-2`.
        package let inverseSquares: [Scalar]
        /// One for each generator.
        package let s: [Scalar]
    }

    /// Replays the rounds on the transcript.
    ///
    /// Throws ``BulletproofError/verificationError`` if the number of rounds is not that of length `n`, or a point is the
    /// identity, ``BulletproofError/zeroChallenge`` for a zero challenge. `n` comes from the statement, so the work is
    /// bounded whatever the proof holds.
    package func verificationScalars(
        length n: Int,
        transcript: inout Transcript
    ) throws(BulletproofError) -> VerificationScalars {
        guard isPowerOfTwo(n), rounds.count == logarithm(n) else { throw .verificationError }
        transcript.appendInnerProductDomain(length: n)
        var challenges: [Scalar] = []
        challenges.reserveCapacity(rounds.count)
        for round in rounds {
            try transcript.validateAndAppend("L", point: round.left)
            try transcript.validateAndAppend("R", point: round.right)
            challenges.append(try transcript.nonzeroChallenge("u"))
        }
        var inverses = challenges
        Scalar.batchInvert(&inverses)
        let squares = challenges.map { $0.squared() }
        var s: [Scalar] = [inverses.reduce(.one, *)]
        s.reserveCapacity(n)
        // Bit j of the index, counted from the low end, decides over the round that is j-th from the end.
        for square in squares.reversed() {
            for index in s.indices {
                s.append(s[index] * square)
            }
        }
        return VerificationScalars(
            challengeSquares: squares,
            inverseSquares: inverses.map { $0.squared() },
            s: s
        )
    }

    /// Adds the terms of `L` and `R`, weighted by the squared challenges, to an equation.
    package func appendRounds(_ scalars: VerificationScalars, to equation: inout VerificationEquation)
        throws(BulletproofError)
    {
        for (round, square) in zip(rounds, scalars.challengeSquares) {
            try equation.append(square, round.left)
        }
        for (round, square) in zip(rounds, scalars.inverseSquares) {
            try equation.append(square, round.right)
        }
    }

    /// Verifies the argument by itself; parameters as of
    /// ``prove(product:gFactors:hFactors:g:h:a:b:transcript:)``, `commitment` being `P`.
    ///
    /// Throws ``BulletproofError/lengthMismatch``, ``BulletproofError/verificationError`` or
    /// ``BulletproofError/zeroChallenge``.
    public func verify(
        commitment: RistrettoPoint,
        product: RistrettoPoint,
        gFactors: [Scalar]? = nil,
        hFactors: [Scalar]? = nil,
        g: [RistrettoPoint],
        h: [RistrettoPoint],
        transcript: inout Transcript
    ) throws(BulletproofError) {
        let n = g.count
        guard isPowerOfTwo(n), h.count == n, (gFactors?.count ?? n) == n, (hFactors?.count ?? n) == n else {
            throw .lengthMismatch
        }
        let scalars = try verificationScalars(length: n, transcript: &transcript)
        var equation = VerificationEquation()
        try appendRounds(scalars, to: &equation)
        let gScalars = scalars.s.enumerated().map { index, s in -(a * s) * (gFactors?[index] ?? .one) }
        let hScalars = scalars.s.reversed().enumerated().map { index, s in -(b * s) * (hFactors?[index] ?? .one) }
        let sum = RistrettoPoint.multiscalarMultiply(
            [.one, -(a * b)] + gScalars + hScalars + equation.scalars,
            [commitment, product] + g + h + equation.points
        )
        guard sum == .identity else { throw .verificationError }
    }
}
