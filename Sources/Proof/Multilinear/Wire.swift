/// A wire of the closing constraint system: `3 * gate + side`, side 0 = left, 1 = right, 2 = output.
package struct Wire: Hashable, Sendable {
    package let index: UInt32

    package init(index: UInt32) {
        self.index = index
    }

    package static func left(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate)) }
    package static func right(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate) + 1) }
    package static func output(_ gate: Int) -> Wire { Wire(index: 3 * UInt32(truncatingIfNeeded: gate) + 2) }

    package var gate: Int { Int(index / 3) }
    package var side: Int { Int(index % 3) }
}
