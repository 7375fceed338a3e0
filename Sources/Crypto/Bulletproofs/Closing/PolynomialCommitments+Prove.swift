import Ristretto255
import Transcript

extension PolynomialCommitments {
    /// Proves that committed wires satisfy the flattened constraints: everything after the commitments to the wires
    /// (docs/bulletproofs.md, 4.2). The first `first` gates are those of phase 1.
    ///
    /// `flatten` folds the constraints by the powers of the challenge `z`. `committedBlindings` are the blinding factors
    /// of the external commitments.
    ///
    /// Throws ``BulletproofError/insufficientGenerators``, ``BulletproofError/zeroChallenge`` and what `flatten` throws.
    package static func prove(
        wires: CircuitWires,
        firstPhaseCount first: Int,
        phase1: PhaseCommitment,
        phase2: PhaseCommitment,
        committedBlindings: [Scalar],
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        random: TranscriptRandom,
        flatten: (_ z: Scalar) throws(BulletproofError) -> FlattenedConstraints
    ) throws(BulletproofError) -> PolynomialCommitments {
        let padded = nextPowerOfTwo(wires.count)
        guard padded <= generators.capacity else { throw .insufficientGenerators }
        transcript.append("A_I2", point: phase2.input)
        transcript.append("A_O2", point: phase2.output)
        transcript.append("S2", point: phase2.blinding)
        let y = try transcript.nonzeroChallenge("y")
        let weights = try flatten(try transcript.nonzeroChallenge("z"))

        let polynomials = WirePolynomials(wires: wires, weights: weights, y: y, length: padded)
        let blindings = random.scalars(5)
        let sent = RistrettoPoint.compressBatch(
            zip(polynomials.sentCoefficients, blindings).map { pedersen.commit($0, blinding: $1) }
        )
        for (label, point) in zip(["T_1", "T_3", "T_4", "T_5", "T_6"] as [StaticString], sent) {
            transcript.append(label, point: point)
        }

        let u = try transcript.nonzeroChallenge("u")
        let x = try transcript.nonzeroChallenge("x")
        let (l, r) = polynomials.values(at: x)
        let tX = Scalar.innerProduct(l, r)
        // The verifier computes its commitment to t_2 from the external ones: it is blinded by theirs.
        let t2Blinding = Scalar.innerProduct(weights.committed, committedBlindings)
        let tXBlinding = evaluate([.zero, blindings[0], t2Blinding] + blindings[1...], at: x)
        let eBlinding = wireBlinding(phase1, phase2, u: u, x: x)
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        let w = try transcript.nonzeroChallenge("w")

        // The generators of phase 2 and of the padding carry the factor u, so that one argument covers both phases.
        let gFactors = Array(repeating: Scalar.one, count: first) + Array(repeating: u, count: padded - first)
        let innerProduct = try InnerProductArgument.prove(
            product: pedersen.base,
            productFactor: w,
            gFactors: gFactors,
            hFactors: zip(polynomials.yInversePowers, gFactors).map { $0 * $1 },
            g: Array(generators.g[0].prefix(padded)),
            h: Array(generators.h[0].prefix(padded)),
            a: l,
            b: r,
            transcript: &transcript
        )
        return PolynomialCommitments(
            t1: sent[0],
            t3: sent[1],
            t4: sent[2],
            t5: sent[3],
            t6: sent[4],
            tX: tX,
            tXBlinding: tXBlinding,
            eBlinding: eBlinding,
            innerProduct: innerProduct
        )
    }

    /// `e_blinding`: the blinding factor of the commitment to `l(x)` and `r(x)` that the verifier adds up from those to
    /// the wires.
    private static func wireBlinding(
        _ phase1: PhaseCommitment,
        _ phase2: PhaseCommitment,
        u: Scalar,
        x: Scalar
    ) -> Scalar {
        evaluate(
            [
                .zero, phase1.inputBlinding + u * phase2.inputBlinding,
                phase1.outputBlinding + u * phase2.outputBlinding,
                phase1.blindingBlinding + u * phase2.blindingBlinding,
            ],
            at: x
        )
    }

    /// The polynomial with the given coefficients, the constant one first, at `x`.
    private static func evaluate(_ coefficients: [Scalar], at x: Scalar) -> Scalar {
        coefficients.reversed().reduce(.zero) { $0 * x + $1 }
    }
}

/// The vector polynomials whose inner product is `t(X)`; erased when the last reference goes.
///
///     l(X) = (a_L + y^-i w_R) X + a_O X^2 + s_L X^3
///     r(X) = (w_O - y^i) + (y^i a_R + w_L) X + y^i s_R X^3
///
/// with one element for each gate; in padding gates every wire, weight and blinding is zero.
private final class WirePolynomials {
    /// `1, y^-1, y^-2, ...`, as many as there are gates with the padding.
    let yInversePowers: [Scalar]
    private let yPowers: [Scalar]
    private let wires: CircuitWires
    // Coefficients by power of X; l_2 and l_3 are the wires' own vectors.
    private var l1: [Scalar] = []
    private var r0: [Scalar] = []
    private var r1: [Scalar] = []
    private var r3: [Scalar] = []

    init(wires: CircuitWires, weights: FlattenedConstraints, y: Scalar, length: Int) {
        self.wires = wires
        yPowers = y.powers(length)
        yInversePowers = y.inverse().powers(length)
        // Reserved, so that growing leaves no copy of a secret behind.
        l1.reserveCapacity(wires.count)
        r0.reserveCapacity(wires.count)
        r1.reserveCapacity(wires.count)
        r3.reserveCapacity(wires.count)
        for index in 0..<wires.count {
            l1.append(wires.left[index] + yInversePowers[index] * weights.right[index])
            r0.append(weights.output[index] - yPowers[index])
            r1.append(yPowers[index] * wires.right[index] + weights.left[index])
            r3.append(yPowers[index] * wires.sRight[index])
        }
    }

    deinit {
        l1.wipe()
        r0.wipe()
        r1.wipe()
        r3.wipe()
    }

    /// The coefficients of `t(X)` that the prover commits to: `t_1, t_3, t_4, t_5, t_6`. `t_2` is never sent: the
    /// verifier knows what it must be.
    var sentCoefficients: [Scalar] {
        [
            Scalar.innerProduct(l1, r0),
            Scalar.innerProduct(wires.output, r1) + Scalar.innerProduct(wires.sLeft, r0),
            Scalar.innerProduct(l1, r3) + Scalar.innerProduct(wires.sLeft, r1),
            Scalar.innerProduct(wires.output, r3),
            Scalar.innerProduct(wires.sLeft, r3),
        ]
    }

    /// `l(x)` and `r(x)` with the padding, where they are 0 and `-y^i`.
    func values(at x: Scalar) -> (l: [Scalar], r: [Scalar]) {
        let xx = x.squared()
        let xxx = xx * x
        var l = Array(repeating: Scalar.zero, count: yPowers.count)
        var r = l
        for index in 0..<wires.count {
            l[index] = l1[index] * x + wires.output[index] * xx + wires.sLeft[index] * xxx
            r[index] = r0[index] + r1[index] * x + r3[index] * xxx
        }
        for index in wires.count..<yPowers.count {
            r[index] = -yPowers[index]
        }
        return (l, r)
    }
}
