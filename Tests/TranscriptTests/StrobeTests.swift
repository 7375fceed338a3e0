import Testing

@testable import Transcript

@Suite struct StrobeTests {
    /// The merlin crate's `test_conformance`, run there against strobe-rs; values as published by its ports.
    @Test func conformanceWithStrobeRs() {
        var strobe = Strobe128(protocolLabel: "Conformance Test Protocol")
        Array("ms".utf8).withUnsafeBytes { strobe.metaAD($0, more: false) }
        Array("g".utf8).withUnsafeBytes { strobe.metaAD($0, more: true) }
        [UInt8](repeating: 99, count: 1024).withUnsafeBytes { strobe.ad($0, more: false) }

        var first = [UInt8](repeating: 0, count: 32)
        Array("prf".utf8).withUnsafeBytes { strobe.metaAD($0, more: false) }
        first.withUnsafeMutableBytes { strobe.prf(into: $0, more: false) }
        #expect(hex(first) == "b48e645ca17c667fd5206ba57a6a228d72d8e1903814d3f17f622996d7cfefb0")

        Array("key".utf8).withUnsafeBytes { strobe.metaAD($0, more: false) }
        first.withUnsafeBytes { strobe.key($0, more: false) }
        var second = [UInt8](repeating: 0, count: 32)
        Array("prf".utf8).withUnsafeBytes { strobe.metaAD($0, more: false) }
        second.withUnsafeMutableBytes { strobe.prf(into: $0, more: false) }
        #expect(hex(second) == "07e45cce8078cee259e3e375bb85d75610e2d1e1201c5f645045a194edd49ff8")
    }

    @Test func wipeErasesTheState() {
        var state = KeccakState()
        state.permute()
        state.wipe()
        #expect(state.withMutableBytes { $0.allSatisfy { $0 == 0 } })
    }
}
