import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsR1CS
@testable import BulletproofsRange

/// Proofs that pass every check but one, made by provers that deviate: each test needs the check that it names.
@Suite struct ForgeryTests {
    private static let rejected = Outcome.rejected(.verificationError)

    /// Random blinding factors, one of them zero.
    private static func blindings(_ count: Int, zeroAt zero: Int?) -> [Scalar] {
        (0..<count).map { $0 == zero ? .zero : Scalar.random(in: SeededGenerator(UInt64($0))) }
    }

    private static func commit(_ blinding: Scalar) -> CompressedRistretto {
        Shared.pedersen.commit(.zero, blinding: blinding).compress()
    }

    /// A closing argument without gates: `A_I1, A_O1, S1, T_1, T_3, T_4, T_5, T_6` are blinding only.
    ///
    /// The one constraint is `constant = 0`; `adjusted` makes `t_x` what the constraint demands. With `secondPhase`, `A_I2`
    /// is that multiple of the blinding base, and the verifier is the one of dalek's format.
    private static func closing(
        zeroAt zero: Int?,
        constant: Scalar = .zero,
        adjusted: Bool = false,
        secondPhase: Scalar? = nil
    ) -> Outcome {
        let blindings = blindings(8, zeroAt: zero)
        let points = blindings.map(commit)
        var transcript = Transcript(label: "forgery")
        ClosingCommitments.appendPreamble(to: &transcript)
        transcript.append("A_I1", point: points[0])
        transcript.append("A_O1", point: points[1])
        transcript.append("S1", point: points[2])
        transcript.append("dom-sep", message: "r1cs-2phase")
        let phase2 = [commit(secondPhase ?? .zero), .identity, .identity]
        transcript.append("A_I2", point: phase2[0])
        transcript.append("A_O2", point: .identity)
        transcript.append("S2", point: .identity)
        _ = transcript.challengeScalar("y")
        let z = transcript.challengeScalar("z")
        transcript.append("T_1", point: points[3])
        transcript.append("T_3", point: points[4])
        transcript.append("T_4", point: points[5])
        transcript.append("T_5", point: points[6])
        transcript.append("T_6", point: points[7])
        let u = transcript.challengeScalar("u")
        let powers = transcript.challengeScalar("x").powers(7)
        var tXBlinding = Scalar.zero
        for (power, blinding) in zip([1, 3, 4, 5, 6], blindings[3...]) { tXBlinding += powers[power] * blinding }
        var eBlinding = Scalar.zero
        for (power, blinding) in zip([1, 2, 3], blindings) { eBlinding += powers[power] * blinding }
        eBlinding += u * powers[1] * (secondPhase ?? .zero)
        let tX = adjusted ? -(z * constant * powers[2]) : .zero
        let proof = ClosingProof(
            polynomials: PolynomialCommitments(
                t1: points[3],
                t3: points[4],
                t4: points[5],
                t5: points[6],
                t6: points[7],
                tX: tX,
                tXBlinding: tXBlinding,
                eBlinding: eBlinding,
                innerProduct: InnerProductArgument(rounds: [], a: .zero, b: -.one)
            )
        )
        return outcome { () throws(BulletproofError) in
            var transcript = Transcript(label: "forgery")
            var randomness = SystemRandomNumberGenerator()
            if secondPhase != nil {
                let verifier = R1CSVerifier(transcript: transcript)
                verifier.specifyRandomizedConstraints { _ in }
                let proof = R1CSProof(
                    phase1: Array(points[..<3]),
                    phase2: phase2,
                    polynomials: proof.polynomials
                )
                return try verifier.verify(
                    proof,
                    generators: Shared.circuits,
                    pedersen: Shared.pedersen,
                    randomness: &randomness
                )
            }
            let verifier = try ClosingVerifier(
                gateCount: 0,
                commitments: ClosingCommitments(input: points[0], output: points[1], blinding: points[2]),
                transcript: &transcript
            )
            try verifier.finish(
                constraints: [SparseConstraint([.init(wire: SparseConstraint.constantWire, coefficient: constant)])],
                proof: proof,
                generators: Shared.circuits,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
        }
    }

    /// A range proof of 8 bits without blinding vectors: `S, T_1, T_2` are blinding only.
    ///
    /// The bits are those of 165, the commitment is to `committed`; `adjusted` makes `t_x` what the commitment demands.
    private static func range(zeroAt zero: Int?, committed: UInt64 = 165, adjusted: Bool = false) throws -> Outcome {
        let value: UInt64 = 165
        let blindings = blindings(5, zeroAt: zero)
        let (g, h) = try Shared.ranges.aggregated(perParty: 8, parties: 1)
        let commitment = Shared.pedersen.commit(Scalar(committed), blinding: blindings[3]).compress()
        var bitCommitment = blindings[4] * Shared.pedersen.blindingBase
        for index in 0..<8 {
            bitCommitment += (value >> UInt64(index)) & 1 == 1 ? g[index] : -h[index]
        }
        let points = [bitCommitment.compress()] + blindings[..<3].map(commit)

        var transcript = Transcript(label: "forgery")
        transcript.append("dom-sep", message: "rangeproof v1")
        transcript.append("n", u64: 8)
        transcript.append("m", u64: 1)
        transcript.append("V", point: commitment)
        transcript.append("A", point: points[0])
        transcript.append("S", point: points[1])
        let y = transcript.challengeScalar("y")
        let z = transcript.challengeScalar("z")
        transcript.append("T_1", point: points[2])
        transcript.append("T_2", point: points[3])
        let x = transcript.challengeScalar("x")
        var l: [Scalar] = []
        var r: [Scalar] = []
        for index in 0..<8 {
            let bit = Scalar((value >> UInt64(index)) & 1)
            l.append(bit - z)
            r.append(y.powers(8)[index] * (bit - .one + z) + z * z * Scalar(1 << UInt64(index)))
        }
        var tX = Scalar.innerProduct(l, r)
        if adjusted { tX += z * z * (Scalar(committed) - Scalar(value)) }
        let tXBlinding = z * z * blindings[3] + x * blindings[1] + x * x * blindings[2]
        let eBlinding = blindings[4] + x * blindings[0]
        transcript.append("t_x", scalar: tX)
        transcript.append("t_x_blinding", scalar: tXBlinding)
        transcript.append("e_blinding", scalar: eBlinding)
        let w = transcript.challengeScalar("w")
        let innerProduct = try InnerProductArgument.prove(
            product: w * Shared.pedersen.base,
            hFactors: y.inverse().powers(8),
            g: g,
            h: h,
            a: l,
            b: r,
            transcript: &transcript
        )
        let proof = RangeProof(
            a: points[0],
            s: points[1],
            t1: points[2],
            t2: points[3],
            tX: tX,
            tXBlinding: tXBlinding,
            eBlinding: eBlinding,
            innerProduct: innerProduct
        )
        return outcome { () throws(BulletproofError) in
            var transcript = Transcript(label: "forgery")
            var randomness = SystemRandomNumberGenerator()
            try proof.verify(
                commitments: [commitment],
                bits: 8,
                generators: Shared.ranges,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
        }
    }

    @Test func closingPointsMustNotBeTheIdentity() {
        #expect(Self.closing(zeroAt: nil) == .accepted)
        for index in 0..<8 {
            #expect(Self.closing(zeroAt: index) == Self.rejected, "point \(index)")
        }
    }

    /// Commitments to a second phase that has no gates: every equation holds, and dalek accepts.
    @Test func secondPhaseWithoutGatesMustBeEmpty() {
        #expect(Self.closing(zeroAt: nil, secondPhase: .zero) == .accepted)
        #expect(Self.closing(zeroAt: nil, secondPhase: .one) == Self.rejected)
    }

    @Test func rangeProofPointsMustNotBeTheIdentity() throws {
        #expect(try Self.range(zeroAt: nil) == .accepted)
        for index in 0..<3 {
            #expect(try Self.range(zeroAt: index) == Self.rejected, "point \(index)")
        }
    }

    /// Equation (t) of the closing argument: the polynomial belongs to the constraints.
    @Test func violatedConstraintIsRejected() {
        #expect(Self.closing(zeroAt: nil, constant: .one) == Self.rejected)
    }

    /// Equation (lr) of the closing argument.
    @Test func closingValueThatIsNotTheInnerProductIsRejected() {
        #expect(Self.closing(zeroAt: nil, constant: .one, adjusted: true) == Self.rejected)
        #expect(Self.closing(zeroAt: nil, constant: .zero, adjusted: true) == .accepted)
    }

    /// Equation (t): the polynomial belongs to the commitment.
    @Test func bitsOfAnotherValueAreRejected() throws {
        for committed: UInt64 in [164, 166, 421, 0] {
            #expect(try Self.range(zeroAt: nil, committed: committed) == Self.rejected)
        }
    }

    /// Equation (lr): the value of the polynomial is the inner product of the committed vectors.
    @Test func valueThatIsNotTheInnerProductIsRejected() throws {
        for committed: UInt64 in [164, 166, 421, 0] {
            #expect(try Self.range(zeroAt: nil, committed: committed, adjusted: true) == Self.rejected)
        }
        #expect(try Self.range(zeroAt: nil, committed: 165, adjusted: true) == .accepted)
    }

    /// Zero vectors: every equation is 0 = 0.
    @Test func innerProductRoundsMustNotBeTheIdentity() throws {
        let g = Array(Shared.circuits.g[0].prefix(2))
        let h = Array(Shared.circuits.h[0].prefix(2))
        let identity = InnerProductArgument.Round(left: .identity, right: .identity)
        let forged = InnerProductArgument(rounds: [identity], a: .zero, b: .zero)
        var transcript = Transcript(label: "forgery")
        #expect(throws: BulletproofError.verificationError) {
            try forged.verify(
                commitment: .identity,
                product: .generator,
                g: g,
                h: h,
                transcript: &transcript
            )
        }
    }
}

extension Scalar {
    /// The first scalar of a generator.
    fileprivate static func random(in generator: SeededGenerator) -> Scalar {
        var generator = generator
        return .random(using: &generator)
    }
}
