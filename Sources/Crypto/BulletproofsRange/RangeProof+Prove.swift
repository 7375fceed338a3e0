import Bulletproofs
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
        guard allFit(values, bits: bits) else { throw .valueOutOfRange }
        let (g, h) = try generators.aggregated(perParty: bits, parties: parties)

        let commitments = commit(values, blindings: blindings, bits: bits, pedersen: pedersen, transcript: &transcript)
        let random = makeRandomness(
            values: values,
            blindings: blindings,
            transcript: transcript,
            randomness: &randomness
        )
        let vectors = BitVectors(values: values, bits: bits, random: random)
        let vectorCommitments = vectors.commit(g: g, h: h, generators: generators, pedersen: pedersen)
        transcript.append("A", point: vectorCommitments[0])
        transcript.append("S", point: vectorCommitments[1])
        let y = try transcript.nonzeroChallenge("y")
        let z = try transcript.nonzeroChallenge("z")

        let polynomials = BitPolynomials(vectors, y: y, z: z)
        let tBlindings = random.scalars(2)
        let tPoints = RistrettoPoint.compressBatch(
            zip(polynomials.sentCoefficients, tBlindings).map { pedersen.commit($0, blinding: $1) }
        )
        transcript.append("T_1", point: tPoints[0])
        transcript.append("T_2", point: tPoints[1])

        let x = try transcript.nonzeroChallenge("x")
        let (l, r) = polynomials.values(at: x)
        let tX = Scalar.innerProduct(l, r)
        let tXBlinding =
            (tBlindings[1] * x + tBlindings[0]) * x + Scalar.innerProduct(polynomials.valueWeights, blindings)
        let eBlinding = vectors.aBlinding + x * vectors.sBlinding
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        let w = try transcript.nonzeroChallenge("w")
        let proof = RangeProof(
            a: vectorCommitments[0],
            s: vectorCommitments[1],
            t1: tPoints[0],
            t2: tPoints[1],
            tX: tX,
            tXBlinding: tXBlinding,
            eBlinding: eBlinding,
            innerProduct: try InnerProductArgument.prove(
                product: pedersen.base,
                productFactor: w,
                gFactors: nil,
                hFactors: y.inverse().powers(g.count),
                g: g,
                h: h,
                a: l,
                b: r,
                transcript: &transcript
            )
        )
        return (proof, commitments)
    }

    /// Starts the transcript of a proof with the commitments `V_j`, made in constant time.
    private static func commit(
        _ values: [UInt64],
        blindings: [Scalar],
        bits: Int,
        pedersen: PedersenGenerators,
        transcript: inout Transcript
    ) -> [CompressedRistretto] {
        transcript.appendRangeProofDomain(bits: bits, parties: values.count)
        let commitments = RistrettoPoint.compressBatch(
            zip(values, blindings).map { pedersen.commit(Scalar($0), blinding: $1) }
        )
        for commitment in commitments {
            transcript.append("V", point: commitment)
        }
        return commitments
    }

    /// Whether every value is below `2^bits`. Constant time over the values: the outcome is public, a proof or an error.
    private static func allFit(_ values: [UInt64], bits: Int) -> Bool {
        values.reduce(0) { $0 | ($1 &>> UInt64(bits - 1)) &>> 1 } == 0
    }

    /// The blinding factors' generator: keyed by the transcript, the openings of the commitments and `randomness`.
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

/// The bits of the values, `a_L` and `a_R = a_L - 1`, with the vectors that blind them; erased when the last reference
/// goes. Bit `k` of value `j` is element `bits j + k`.
private final class BitVectors {
    let bits: Int
    /// Blinding factor `alpha` of `A`.
    let aBlinding: Scalar
    /// Blinding factor `rho` of `S`.
    let sBlinding: Scalar
    private(set) var sLeft: [Scalar]
    private(set) var sRight: [Scalar]
    private let values: [UInt64]

    init(values: [UInt64], bits: Int, random: TranscriptRandom) {
        self.values = values
        self.bits = bits
        aBlinding = random.scalar()
        sBlinding = random.scalar()
        sLeft = random.scalars(bits * values.count)
        sRight = random.scalars(bits * values.count)
    }

    deinit {
        sLeft.wipe()
        sRight.wipe()
    }

    /// Values.
    var parties: Int { values.count }
    /// Elements of each vector.
    var count: Int { sLeft.count }

    /// Element `index` of `a_L`, 0 or 1.
    func bit(_ index: Int) -> UInt64 {
        (values[index / bits] >> UInt64(index % bits)) & 1
    }

    /// `A = <a_L, G> + <a_R, H> + alpha B_blinding` and `S = <s_L, G> + <s_R, H> + rho B_blinding`, in constant time.
    func commit(
        g: [RistrettoPoint],
        h: [RistrettoPoint],
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators
    ) -> [CompressedRistretto] {
        // A bit adds G_i where it is 1, -H_i where it is 0: no multiplication is needed.
        var a = pedersen.commitToZero(blinding: aBlinding)
        for index in 0..<count {
            a += RistrettoPoint.select(bit: bit(index), one: g[index], zero: -h[index])
        }
        var s = pedersen.commitToZero(blinding: sBlinding)
        for party in 0..<parties {
            let range = (party * bits)..<((party + 1) * bits)
            s += generators.secretG[party].multiply(sLeft[range])
            s += generators.secretH[party].multiply(sRight[range])
        }
        return RistrettoPoint.compressBatch([a, s])
    }
}

/// The vector polynomials whose inner product is `t(X)`; erased when the last reference goes.
///
///     l(X) = (a_L - z) + s_L X
///     r(X) = y^i (a_R + z) + z^(2+j) 2^k + y^i s_R X        for i = bits j + k
private final class BitPolynomials {
    /// What each value counts in `t_0`: `z^2, z^3, ...`.
    let valueWeights: [Scalar]
    private let vectors: BitVectors
    // Coefficients by power of X; l_1 is s_L.
    private var l0: [Scalar] = []
    private var r0: [Scalar] = []
    private var r1: [Scalar] = []

    init(_ vectors: BitVectors, y: Scalar, z: Scalar) {
        self.vectors = vectors
        valueWeights = Array(z.powers(vectors.parties + 2)[2...])
        l0.reserveCapacity(vectors.count)
        r0.reserveCapacity(vectors.count)
        r1.reserveCapacity(vectors.count)
        let yPowers = y.powers(vectors.count)
        let twoPowers = Scalar.two.powers(vectors.bits)
        let zMinusOne = z - .one
        for index in 0..<vectors.count {
            let (party, position) = index.quotientAndRemainder(dividingBy: vectors.bits)
            let bit = Scalar(vectors.bit(index))
            l0.append(bit - z)
            r0.append(yPowers[index] * (bit + zMinusOne) + valueWeights[party] * twoPowers[position])
            r1.append(yPowers[index] * vectors.sRight[index])
        }
    }

    deinit {
        l0.wipe()
        r0.wipe()
        r1.wipe()
    }

    /// The coefficients of `t(X)` that the prover commits to, `t_1` and `t_2`; `t_0` the verifier knows.
    var sentCoefficients: [Scalar] {
        [
            Scalar.innerProduct(l0, r1) + Scalar.innerProduct(vectors.sLeft, r0),
            Scalar.innerProduct(vectors.sLeft, r1),
        ]
    }

    /// `l(x)` and `r(x)`.
    func values(at x: Scalar) -> (l: [Scalar], r: [Scalar]) {
        (zip(l0, vectors.sLeft).map { $0 + $1 * x }, zip(r0, r1).map { $0 + $1 * x })
    }
}

extension RistrettoPoint {
    /// `one` if `bit` is 1, `zero` if it is 0, without a branch or an address that depends on the bit.
    @inline(never)
    static func select(bit: UInt64, one: RistrettoPoint, zero: RistrettoPoint) -> RistrettoPoint {
        assert(_isPOD(RistrettoPoint.self) && MemoryLayout<RistrettoPoint>.size % 8 == 0)
        let mask = 0 &- bit
        var result = zero
        withUnsafeBytes(of: one) { source in
            withUnsafeMutableBytes(of: &result) { target in
                for offset in Swift.stride(from: 0, to: MemoryLayout<RistrettoPoint>.size, by: 8) {
                    let old = target.load(fromByteOffset: offset, as: UInt64.self)
                    let new = source.load(fromByteOffset: offset, as: UInt64.self)
                    target.storeBytes(of: old ^ (mask & (old ^ new)), toByteOffset: offset, as: UInt64.self)
                }
            }
        }
        return result
    }
}
