import Ristretto255

/// The prover's values of all wires, gate by gate.
package struct WireAssignment: Sendable {
    /// One per gate, as for the other sides.
    package private(set) var left: [Scalar]
    /// The second inputs.
    package private(set) var right: [Scalar]
    /// The products, where ``multiplyGates()`` has made them.
    package private(set) var output: [Scalar]

    /// All zero.
    package init(gateCount: Int) {
        left = Array(repeating: .zero, count: gateCount)
        right = left
        output = left
    }

    /// By side and gate; traps for a gate that there is not.
    package subscript(wire: Wire) -> Scalar {
        get {
            switch wire.side {
            case 0: left[wire.gate]
            case 1: right[wire.gate]
            default: output[wire.gate]
            }
        }
        set {
            switch wire.side {
            case 0: left[wire.gate] = newValue
            case 1: right[wire.gate] = newValue
            default: output[wire.gate] = newValue
            }
        }
    }

    /// Sets every output wire to the product of its inputs.
    package mutating func multiplyGates() {
        for gate in left.indices {
            output[gate] = left[gate] * right[gate]
        }
    }
}
