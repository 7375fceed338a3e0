import Ristretto255
import Sodium

@testable import Bulletproofs
@testable import Commitments
@testable import Multilinear
@testable import Transcript

/// The parts of the zero-knowledge simulators that match and network proofs have in common: opening and closing argument
/// for commitments that nobody can open, from programmed challenges.
enum ClosingSimulator {
    /// w at random; s = <w, R>, and D as the equation wants it.
    static func opening(
        _ known: OpeningVerifier.Challenges,
        rows: [CompressedRistretto],
        generators: RowGenerators
    ) -> OpeningProof {
        var random = SystemRandom()
        var vector = (0..<generators.columns.count).map { _ in Scalar.random(using: &random) }
        let omega = Scalar.random(using: &random)
        var mask = generators.commit(vector, blinder: omega)
        for (row, weight) in zip(rows, known.rowWeights) {
            mask = mask - known.maskChallenge * weight * (row.decompress() ?? .identity)
        }
        var weights = known.columnWeights
        let value = Scalar.innerProduct(vector, weights)
        var bases = generators.columns
        let u = known.baseChallenge * generators.innerProduct
        var folds: [(left: CompressedRistretto, right: CompressedRistretto)] = []
        for challenge in known.foldChallenges {
            let half = vector.count / 2
            let inverse = challenge.inverse()
            let low = Array(vector[..<half])
            let high = Array(vector[half...])
            let left = RistrettoPoint.multiscalarMultiply(
                low + [Scalar.innerProduct(low, Array(weights[half...]))],
                Array(bases[half...]) + [u]
            )
            let right = RistrettoPoint.multiscalarMultiply(
                high + [Scalar.innerProduct(high, Array(weights[..<half]))],
                Array(bases[..<half]) + [u]
            )
            folds.append((left.compress(), right.compress()))
            vector = zip(low, high).map { $0 * challenge + $1 * inverse }
            weights = zip(weights[..<half], weights[half...]).map { $0 * inverse + $1 * challenge }
            bases = zip(bases[..<half], bases[half...]).map { inverse * $0 + challenge * $1 }
        }
        return OpeningProof(
            maskCommitment: mask.compress(),
            maskedValue: value,
            maskedBlinder: omega,
            folds: folds,
            vector: vector
        )
    }

    /// l(x), r(x) at random; T_1 and A_I1 as the two equations of the closing argument want them.
    ///
    /// - Parameter transcript: where the closing argument goes on; its programmed challenges are the argument's.
    static func close(
        _ constraints: ConstraintList,
        gateCount: Int,
        transcript: ProofTranscript
    ) throws -> (commitments: ClosingCommitments, proof: ClosingProof) {
        let rest = transcript.merlin.programmedChallenges
        let (y, z, u, x, w) = (rest[0], rest[1], rest[2], rest[3], rest[4])
        let count = gateCount
        let padded = nextPowerOfTwo(count)
        let flat = try FlattenedConstraints(constraints.sparse, gateCount: count, z: z)
        let pad = Array(repeating: Scalar.zero, count: padded - count)
        let (wL, wR, wO) = (flat.left + pad, flat.right + pad, flat.output + pad)
        let yPowers = Scalar.powers(of: y, count: padded)
        let yInverses = Scalar.powers(of: y.inverse(), count: padded)

        var random = SystemRandom()
        func scalar() -> Scalar { Scalar.random(using: &random) }
        let l = (0..<padded).map { $0 < count ? scalar() : .zero }
        let r = (0..<padded).map { $0 < count ? scalar() : -yPowers[$0] }
        let (tX, tXBlinding, eBlinding) = (Scalar.innerProduct(l, r), scalar(), scalar())

        let pedersen = PedersenGenerators.standard
        let tail = (0..<4).map { _ in Self.point() }
        let delta = (0..<padded).reduce(Scalar.zero) { $0 + wR[$1] * yInverses[$1] * wL[$1] }
        var sum = pedersen.commit(tX - x.squared() * (flat.constant + delta), blinding: tXBlinding)
        var power = x.squared() * x
        for point in tail {
            sum = sum - power * point
            power *= x
        }
        let t1 = x.inverse() * sum

        let generators = ClosingGenerators.forGates(count)
        let gFactors = (0..<padded).map { $0 < count ? Scalar.one : u }
        let hFactors = zip(gFactors, yInverses).map { $0 * $1 }
        let g = Array(generators.g[0].prefix(padded))
        let h = Array(generators.h[0].prefix(padded))
        let gScalars = (0..<padded).map { gFactors[$0] * (l[$0] - x * yInverses[$0] * wR[$0]) }
        let hScalars = (0..<padded).map { hFactors[$0] * (r[$0] - x * wL[$0] - wO[$0]) + gFactors[$0] }
        let (output, blinding) = (Self.point(), Self.point())
        let known = RistrettoPoint.multiscalarMultiply(gScalars + hScalars, g + h)
        let input =
            x.inverse()
            * (known + eBlinding * pedersen.blindingBase - x.squared() * output - x.squared() * x * blinding)

        var programmed = Transcript(label: "programmed")
        programmed.programmedChallenges = Array(rest.dropFirst(5))
        let argument = try InnerProductArgument.prove(
            product: w * pedersen.base,
            gFactors: gFactors,
            hFactors: hFactors,
            g: g,
            h: h,
            a: l,
            b: r,
            transcript: &programmed
        )
        let commitments = ClosingCommitments(
            input: input.compress(),
            output: output.compress(),
            blinding: blinding.compress()
        )
        let proof = ClosingProof(
            polynomials: PolynomialCommitments(
                t1: t1.compress(),
                t3: tail[0].compress(),
                t4: tail[1].compress(),
                t5: tail[2].compress(),
                t6: tail[3].compress(),
                tX: tX,
                tXBlinding: tXBlinding,
                eBlinding: eBlinding,
                innerProduct: argument
            )
        )
        return (commitments, proof)
    }

    /// A point whose discrete logarithms nobody knows.
    static func point() -> RistrettoPoint { RistrettoPoint(uniformBytes: SecureRandom.bytes(64)) }
}
