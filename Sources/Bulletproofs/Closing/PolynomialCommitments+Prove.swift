import Ristretto255
import Transcript

extension PolynomialCommitments {
    /// Proves that committed wires satisfy the flattened constraints: everything after the commitments to the wires
    /// (docs/bulletproofs.md, 4.2). The first `first` gates are those of phase 1.
    ///
    /// `flatten` folds the constraints by the powers of the challenge `z`. `committedBlindings` are the blinding factors
    /// of the external commitments.
    static func prove(
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
        let n = wires.count
        let padded = nextPowerOfTwo(n)
        guard padded <= generators.capacity else { throw .insufficientGenerators }
        transcript.append("A_I2", point: phase2.input)
        transcript.append("A_O2", point: phase2.output)
        transcript.append("S2", point: phase2.blinding)
        let y = try transcript.nonzeroChallenge("y")
        let z = try transcript.nonzeroChallenge("z")
        let weights = try flatten(z)

        // l(X) = (a_L + y^-i w_R) X + a_O X^2 + s_L X^3, r(X) = (w_O - y^i) + (y^i a_R + w_L) X + y^i s_R X^3.
        let yPowers = y.powers(padded)
        let yInversePowers = y.inverse().powers(padded)
        var l1: [Scalar] = []
        var r0: [Scalar] = []
        var r1: [Scalar] = []
        var r3: [Scalar] = []
        defer {
            l1.wipe()
            r0.wipe()
            r1.wipe()
            r3.wipe()
        }
        for index in 0..<n {
            l1.append(wires.left[index] + yInversePowers[index] * weights.right[index])
            r0.append(weights.output[index] - yPowers[index])
            r1.append(yPowers[index] * wires.right[index] + weights.left[index])
            r3.append(yPowers[index] * wires.sRight[index])
        }
        // t_2 is never sent: the verifier knows what it must be. t_x is computed as <l(x), r(x)> below.
        let t1 = Scalar.innerProduct(l1, r0)
        let t3 = Scalar.innerProduct(wires.output, r1) + Scalar.innerProduct(wires.sLeft, r0)
        let t4 = Scalar.innerProduct(l1, r3) + Scalar.innerProduct(wires.sLeft, r1)
        let t5 = Scalar.innerProduct(wires.output, r3)
        let t6 = Scalar.innerProduct(wires.sLeft, r3)
        let blindings = random.scalars(5)
        let points = RistrettoPoint.compressBatch(
            zip([t1, t3, t4, t5, t6], blindings).map { pedersen.commit($0, blinding: $1) }
        )
        transcript.append("T_1", point: points[0])
        transcript.append("T_3", point: points[1])
        transcript.append("T_4", point: points[2])
        transcript.append("T_5", point: points[3])
        transcript.append("T_6", point: points[4])

        let u = try transcript.nonzeroChallenge("u")
        let x = try transcript.nonzeroChallenge("x")
        let xx = x.squared()
        let xxx = xx * x
        var l = Array(repeating: Scalar.zero, count: padded)
        var r = l
        for index in 0..<n {
            l[index] = l1[index] * x + wires.output[index] * xx + wires.sLeft[index] * xxx
            r[index] = r0[index] + r1[index] * x + r3[index] * xxx
        }
        for index in n..<padded {
            r[index] = -yPowers[index]
        }
        let tX = Scalar.innerProduct(l, r)
        let t2Blinding = Scalar.innerProduct(weights.committed, committedBlindings)
        let tXBlinding = evaluate([.zero, blindings[0], t2Blinding] + blindings[1...], at: x)
        let eBlinding = evaluate(
            [
                .zero, phase1.inputBlinding + u * phase2.inputBlinding,
                phase1.outputBlinding + u * phase2.outputBlinding,
                phase1.blindingBlinding + u * phase2.blindingBlinding,
            ],
            at: x
        )
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        let w = try transcript.nonzeroChallenge("w")

        // The generators of phase 2 and of the padding carry the factor u, so that one argument covers both phases.
        let gFactors = Array(repeating: Scalar.one, count: first) + Array(repeating: u, count: padded - first)
        let hFactors = zip(yInversePowers, gFactors).map { $0 * $1 }
        let innerProduct = try InnerProductArgument.prove(
            product: pedersen.base,
            productFactor: w,
            gFactors: gFactors,
            hFactors: hFactors,
            g: Array(generators.g[0].prefix(padded)),
            h: Array(generators.h[0].prefix(padded)),
            a: l,
            b: r,
            transcript: &transcript
        )
        return PolynomialCommitments(
            t1: points[0],
            t3: points[1],
            t4: points[2],
            t5: points[3],
            t6: points[4],
            tX: tX,
            tXBlinding: tXBlinding,
            eBlinding: eBlinding,
            innerProduct: innerProduct
        )
    }

    /// The polynomial with the given coefficients, the constant one first, at `x`.
    private static func evaluate(_ coefficients: [Scalar], at x: Scalar) -> Scalar {
        coefficients.reversed().reduce(.zero) { $0 * x + $1 }
    }
}
