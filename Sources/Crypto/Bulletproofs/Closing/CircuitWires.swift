import Ristretto255
import Transcript

/// A prover's wire values with the vectors that blind them; erased when the last reference goes.
package final class CircuitWires {
    /// Left inputs, one for each gate.
    package var left: [Scalar]
    /// Right inputs.
    package var right: [Scalar]
    /// Outputs.
    package var output: [Scalar]
    /// Blinding vectors `s_L`, `s_R`, as long as the committed part of the wires.
    var sLeft: [Scalar] = []
    var sRight: [Scalar] = []

    /// Wires with the given values, of one length.
    package init(left: [Scalar] = [], right: [Scalar] = [], output: [Scalar] = []) {
        self.left = left
        self.right = right
        self.output = output
    }

    deinit {
        left.wipe()
        right.wipe()
        output.wipe()
        sLeft.wipe()
        sRight.wipe()
    }

    /// Gates.
    package var count: Int { left.count }

    /// Appends `count` uniform scalars to either blinding vector.
    func drawBlindings(_ count: Int, from random: TranscriptRandom) {
        sLeft.reserveCapacity(sLeft.count + count)
        sRight.reserveCapacity(sRight.count + count)
        for _ in 0..<count { sLeft.append(random.scalar()) }
        for _ in 0..<count { sRight.append(random.scalar()) }
    }
}

extension TranscriptRandomBuilder {
    /// Keys the generator with every wire of a circuit.
    package mutating func rekey(wires: CircuitWires) {
        // The in-memory form of a fully reduced scalar is an injective encoding, and this only seeds a generator.
        wires.left.withUnsafeBytes { rekey("a_L", rawBytes: $0) }
        wires.right.withUnsafeBytes { rekey("a_R", rawBytes: $0) }
        wires.output.withUnsafeBytes { rekey("a_O", rawBytes: $0) }
    }
}

/// A prover's commitments to the wires of one phase, with their blinding factors.
package struct PhaseCommitment {
    /// `A_I`.
    package private(set) var input = CompressedRistretto.identity
    /// `A_O`.
    package private(set) var output = CompressedRistretto.identity
    /// `S`.
    package private(set) var blinding = CompressedRistretto.identity
    private(set) var inputBlinding = Scalar.zero
    private(set) var outputBlinding = Scalar.zero
    private(set) var blindingBlinding = Scalar.zero

    /// The commitments of a phase without gates: identities.
    package init() {}

    /// Commits to the wires of the gates in `range`, drawing `s_L` and `s_R` for them:
    /// `A_I = <a_L, G> + <a_R, H> + alpha B_blinding`, `A_O = <a_O, G> + beta B_blinding`,
    /// `S = <s_L, G> + <s_R, H> + rho B_blinding`. Constant time in the wires.
    package init(
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
