import Transcript

extension TranscriptRandomBuilder {
    /// Keys the generator with every wire of a circuit.
    mutating func rekey(wires: CircuitWires) {
        // The in-memory form of a fully reduced scalar is an injective encoding, and this only seeds a generator.
        wires.left.withUnsafeBytes { rekey("a_L", rawBytes: $0) }
        wires.right.withUnsafeBytes { rekey("a_R", rawBytes: $0) }
        wires.output.withUnsafeBytes { rekey("a_O", rawBytes: $0) }
    }
}
