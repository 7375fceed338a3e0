import Multilinear
import Ristretto255

extension WireAssignment {
    /// Sets bit gates to the binary digits of a non-negative integer.
    mutating func setBits(_ gates: [GateAllocator.Product], of value: Int128) {
        for (position, gate) in gates.enumerated() {
            let bit = Scalar(UInt64(truncatingIfNeeded: value >> Int128(position) & 1))
            self[gate.left] = bit
            self[gate.right] = .one - bit
        }
    }

    /// Whether every output is the product of its inputs.
    var satisfiesGates: Bool {
        left.indices.allSatisfy { left[$0] * right[$0] == output[$0] }
    }
}
