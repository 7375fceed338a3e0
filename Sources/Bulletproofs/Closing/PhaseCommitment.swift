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
        wires: CircuitWires,
        range: Range<Int>,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        random: TranscriptRandom
    ) {
        inputBlinding = random.scalar()
        outputBlinding = random.scalar()
        blindingBlinding = random.scalar()
        wires.drawBlindings(range.count, from: random)
        // Tables start at the first generator; a second phase, which does not, builds its own on the fly.
        func multiply(_ wires: [Scalar], _ tables: ConstantTimeGenerators, _ bases: [RistrettoPoint]) -> RistrettoPoint
        {
            if range.lowerBound == 0 { return tables.multiply(wires[range]) }
            var scalars = Array(wires[range])
            defer { scalars.wipe() }
            return RistrettoPoint.multiscalarMultiply(constantTime: scalars, Array(bases[range]))
        }
        func overG(_ wires: [Scalar]) -> RistrettoPoint { multiply(wires, generators.secretG[0], generators.g[0]) }
        func overH(_ wires: [Scalar]) -> RistrettoPoint { multiply(wires, generators.secretH[0], generators.h[0]) }
        let points = RistrettoPoint.compressBatch([
            pedersen.commitToZero(blinding: inputBlinding) + overG(wires.left) + overH(wires.right),
            pedersen.commitToZero(blinding: outputBlinding) + overG(wires.output),
            pedersen.commitToZero(blinding: blindingBlinding) + overG(wires.sLeft) + overH(wires.sRight),
        ])
        input = points[0]
        output = points[1]
        blinding = points[2]
    }
}
