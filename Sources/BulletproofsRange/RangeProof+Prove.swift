import Ristretto255
import Transcript

extension RangeProof {
    /// Proves that one value lies in `[0, 2^bits)`; see ``prove(values:blindings:bits:generators:pedersen:transcript:randomness:)``.
    public static func prove(
        value: UInt64,
        blinding: Scalar,
        bits: Int,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (proof: RangeProof, commitment: CompressedRistretto) {
        let (proof, commitments) = try prove(
            values: [value],
            blindings: [blinding],
            bits: bits,
            generators: generators,
            pedersen: pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        return (proof, commitments[0])
    }

    /// Proves that every value lies in `[0, 2^bits)`.
    ///
    /// One prover knows all values, so the messages are those of dalek's aggregation with the dealer's and all parties'
    /// parts added up; their distribution is the same. The commitments `A`, `S`, `T_1`, `T_2` and `V` are made in constant
    /// time; the inner-product argument works on blinded vectors in variable time.
    ///
    /// - Parameters:
    ///   - values: `m` values, a power of two.
    ///   - blindings: `m` uniform blinding factors.
    ///   - bits: 8, 16, 32 or 64.
    ///   - generators: at least `bits` generators for at least `m` parties.
    ///   - transcript: the statement so far; the verifier's must be in the same state.
    ///   - randomness: a secure generator. The blinding factors also depend on the values and the transcript, so they
    ///     stay secret and differ between statements even if it fails.
    /// - Returns: the proof and the commitments `V_j = values[j] B + blindings[j] B_blinding`.
    /// - Throws: ``BulletproofError/invalidBitsize``, ``BulletproofError/invalidAggregation``,
    ///   ``BulletproofError/lengthMismatch``, ``BulletproofError/valueOutOfRange``,
    ///   ``BulletproofError/insufficientGenerators``, ``BulletproofError/zeroChallenge``.
    public static func prove(
        values: [UInt64],
        blindings: [Scalar],
        bits: Int,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (proof: RangeProof, commitments: [CompressedRistretto]) {
        let parties = values.count
        try validate(bits: bits, parties: parties)
        guard blindings.count == parties else { throw .lengthMismatch }
        // Constant time over the values: the outcome is public, a proof or an error.
        let overflow = values.reduce(0) { $0 | ($1 &>> UInt64(bits - 1)) &>> 1 }
        guard overflow == 0 else { throw .valueOutOfRange }
        let (g, h) = try generators.aggregated(perParty: bits, parties: parties)
        let count = bits * parties

        transcript.appendRangeProofDomain(bits: bits, parties: parties)
        let commitments = RistrettoPoint.compressBatch(
            zip(values, blindings).map { pedersen.commit(Scalar($0), blinding: $1) }
        )
        for commitment in commitments {
            transcript.append("V", point: commitment)
        }
        let random = makeRandomness(
            values: values,
            blindings: blindings,
            transcript: transcript,
            randomness: &randomness
        )

        // A = <a_L, G> + <a_R, H> + a_blinding B_blinding with bits a_L and a_R = a_L - 1.
        let aBlinding = random.scalar()
        var aPoint = pedersen.commitToZero(blinding: aBlinding)
        for index in 0..<count {
            let bit = (values[index / bits] >> UInt64(index % bits)) & 1
            aPoint = aPoint + RistrettoPoint.select(bit: bit, one: g[index], zero: -h[index])
        }
        // S = <s_L, G> + <s_R, H> + s_blinding B_blinding.
        let sBlinding = random.scalar()
        var sLeft = random.scalars(count)
        var sRight = random.scalars(count)
        defer {
            sLeft.wipe()
            sRight.wipe()
        }
        var sPoint = pedersen.commitToZero(blinding: sBlinding)
        for party in 0..<parties {
            let range = (party * bits)..<((party + 1) * bits)
            sPoint += generators.secretG[party].multiply(sLeft[range])
            sPoint += generators.secretH[party].multiply(sRight[range])
        }
        let vectorCommitments = RistrettoPoint.compressBatch([aPoint, sPoint])
        transcript.append("A", point: vectorCommitments[0])
        transcript.append("S", point: vectorCommitments[1])

        let y = try transcript.nonzeroChallenge("y")
        let z = try transcript.nonzeroChallenge("z")

        // l(X) = (a_L - z) + s_L X and r(X) = y^i (a_R + z + s_R X) + z^(2+j) 2^k.
        let yPowers = y.powers(count)
        let zPowers = z.powers(parties + 2)
        let twoPowers = Scalar.two.powers(bits)
        var l0: [Scalar] = []
        var r0: [Scalar] = []
        var r1: [Scalar] = []
        l0.reserveCapacity(count)
        r0.reserveCapacity(count)
        r1.reserveCapacity(count)
        defer {
            l0.wipe()
            r0.wipe()
            r1.wipe()
        }
        let zMinusOne = z - .one
        for index in 0..<count {
            let (party, position) = index.quotientAndRemainder(dividingBy: bits)
            let bit = Scalar((values[party] >> UInt64(position)) & 1)
            l0.append(bit - z)
            r0.append(yPowers[index] * (bit + zMinusOne) + zPowers[party + 2] * twoPowers[position])
            r1.append(yPowers[index] * sRight[index])
        }
        let t1 = Scalar.innerProduct(l0, r1) + Scalar.innerProduct(sLeft, r0)
        let t2 = Scalar.innerProduct(sLeft, r1)
        let t1Blinding = random.scalar()
        let t2Blinding = random.scalar()
        let tPoints = RistrettoPoint.compressBatch([
            pedersen.commit(t1, blinding: t1Blinding), pedersen.commit(t2, blinding: t2Blinding),
        ])
        transcript.append("T_1", point: tPoints[0])
        transcript.append("T_2", point: tPoints[1])

        let x = try transcript.nonzeroChallenge("x")
        let l = zip(l0, sLeft).map { $0 + $1 * x }
        let r = zip(r0, r1).map { $0 + $1 * x }
        let tX = Scalar.innerProduct(l, r)
        var tXBlinding = (t2Blinding * x + t1Blinding) * x
        for party in 0..<parties {
            tXBlinding += zPowers[party + 2] * blindings[party]
        }
        let eBlinding = aBlinding + x * sBlinding
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        let w = try transcript.nonzeroChallenge("w")

        let innerProduct = try InnerProductArgument.prove(
            product: pedersen.base,
            productFactor: w,
            gFactors: nil,
            hFactors: y.inverse().powers(count),
            g: g,
            h: h,
            a: l,
            b: r,
            transcript: &transcript
        )
        let proof = RangeProof(
            a: vectorCommitments[0],
            s: vectorCommitments[1],
            t1: tPoints[0],
            t2: tPoints[1],
            tX: tX,
            tXBlinding: tXBlinding,
            eBlinding: eBlinding,
            innerProduct: innerProduct
        )
        return (proof, commitments)
    }

    private static func makeRandomness(
        values: [UInt64],
        blindings: [Scalar],
        transcript: Transcript,
        randomness: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var builder = transcript.randomnessBuilder()
        values.withUnsafeBytes { builder.rekey("v", rawBytes: $0) }
        for blinding in blindings {
            blinding.withBytes { builder.rekey("v_blinding", rawBytes: $0) }
        }
        return builder.finalize(using: &randomness)
    }
}
