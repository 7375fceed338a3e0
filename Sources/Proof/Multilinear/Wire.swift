/// A wire of the closing constraint system: `3 * gate + side`, side 0 = left, 1 = right, 2 = output.
package struct Wire: Hashable, Sendable {
    /// As the closing argument counts wires.
    package let index: UInt32

    package init(index: UInt32) {
        self.index = index
    }

    /// The first input of a gate.
    package static func left(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate)) }
    /// The second input of a gate.
    package static func right(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate) + 1) }
    /// The product of a gate's inputs.
    package static func output(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate) + 2) }

    /// Counted from 0.
    package var gate: Int { Int(index / 3) }
    /// 0 left, 1 right, 2 output.
    package var side: Int { Int(index % 3) }
}
