/// Hands out the gates of the closing constraint system in the normative order of `docs/protocol.md` section 4.
///
/// A *pad* is a wire that masks one scalar of the transcript. Pads are packed two to a gate; where the verifier needs
/// the product of two masked values, both pads sit in one gate, whose output wire is the product of the pads.
package struct GateAllocator: Sendable {
    /// The wires of a gate that multiplies two values.
    package struct Product: Hashable, Sendable {
        /// The first factor; of a bit gate b.
        package let left: Wire
        /// The second factor; of a bit gate 1 - b.
        package let right: Wire
        /// Their product; of a bit gate 0.
        package let output: Wire
    }

    /// Gates handed out so far.
    package private(set) var gateCount = 0
    /// Pairs (original, copy) that a linear constraint makes equal.
    package private(set) var copies: [(original: Wire, copy: Wire)] = []
    private var halfFreeGate: Int?

    /// No gates yet.
    package init() {}

    /// A wire for a value that enters no product: the free half of the last such gate, or a new gate's left wire.
    package mutating func single() -> Wire {
        if let gate = halfFreeGate {
            halfFreeGate = nil
            return .right(gate)
        }
        let gate = gateCount
        gateCount += 1
        halfFreeGate = gate
        return .left(gate)
    }

    /// A new gate; an operand that already has a wire is copied into it.
    package mutating func product(_ left: Wire? = nil, _ right: Wire? = nil) -> Product {
        let gate = gateCount
        gateCount += 1
        let product = Product(left: .left(gate), right: .right(gate), output: .output(gate))
        if let left { copies.append((left, product.left)) }
        if let right { copies.append((right, product.right)) }
        return product
    }

    /// A new gate that squares a value: both inputs are copies of `operand`, or, if it has no wire yet, the right
    /// input is a copy of the left.
    package mutating func square(_ operand: Wire? = nil) -> Product {
        if let operand { return product(operand, operand) }
        let square = product()
        copies.append((square.left, square.right))
        return square
    }

    /// A gate for one bit b: left b, right 1 - b, output 0.
    package mutating func bit() -> Product {
        product()
    }

    /// Ends a group of singles, so that the next one starts a gate of its own.
    package mutating func closeHalfFreeGate() {
        halfFreeGate = nil
    }
}
