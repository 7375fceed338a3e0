import Ristretto255
import Transcript

/// A prover's wire values with the vectors that blind them; erased when the last reference goes.
final class CircuitWires {
    var left: [Scalar]
    var right: [Scalar]
    var output: [Scalar]
    /// Blinding vectors `s_L`, `s_R`, as long as the committed part of the wires.
    var sLeft: [Scalar] = []
    var sRight: [Scalar] = []

    init(left: [Scalar] = [], right: [Scalar] = [], output: [Scalar] = []) {
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

    var count: Int { left.count }

    /// Appends `count` uniform scalars to either blinding vector.
    func drawBlindings(_ count: Int, from random: TranscriptRandom) {
        sLeft.reserveCapacity(sLeft.count + count)
        sRight.reserveCapacity(sRight.count + count)
        for _ in 0..<count { sLeft.append(random.scalar()) }
        for _ in 0..<count { sRight.append(random.scalar()) }
    }
}
