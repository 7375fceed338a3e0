import Ristretto255
import Transcript

/// A prover's commitments to the wires of one phase, with their blinding factors.
struct PhaseCommitment {
    var input = CompressedRistretto.identity
    var output = CompressedRistretto.identity
    var blinding = CompressedRistretto.identity
    var inputBlinding = Scalar.zero
    var outputBlinding = Scalar.zero
    var blindingBlinding = Scalar.zero

    /// The commitments of a phase without gates: identities.
    init() {}

    /// Commits to the wires of the gates in `range`, drawing `s_L` and `s_R` for them:
    /// `A_I = <a_L, G> + <a_R, H> + alpha B_blinding`, `A_O = <a_O, G> + beta B_blinding`,
    /// `S = <s_L, G> + <s_R, H> + rho B_blinding`. Constant time in the wires.
    init(
        wires: CircuitWires, range: Range<Int>, generators: BulletproofGenerators, pedersen: PedersenGenerators,
        random: TranscriptRandom
    ) {
        inputBlinding = random.scalar()
        outputBlinding = random.scalar()
        blindingBlinding = random.scalar()
        wires.sLeft.append(contentsOf: random.scalars(range.count))
        wires.sRight.append(contentsOf: random.scalars(range.count))
        let g = Array(generators.g[0][range])
        let bases = g + generators.h[0][range]
        func commit(_ vectors: [ArraySlice<Scalar>], _ bases: [RistrettoPoint], _ blinding: Scalar) -> RistrettoPoint {
            var scalars: [Scalar] = []
            scalars.reserveCapacity(bases.count)
            defer { scalars.wipe() }
            for vector in vectors {
                scalars.append(contentsOf: vector)
            }
            return pedersen.commitToZero(blinding: blinding)
                + RistrettoPoint.multiscalarMultiply(constantTime: scalars, bases)
        }
        let points = RistrettoPoint.compressBatch([
            commit([wires.left[range], wires.right[range]], bases, inputBlinding),
            commit([wires.output[range]], g, outputBlinding),
            commit([wires.sLeft[range], wires.sRight[range]], bases, blindingBlinding),
        ])
        input = points[0]
        output = points[1]
        blinding = points[2]
    }
}
