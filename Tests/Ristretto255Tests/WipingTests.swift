import Testing

@testable import Ristretto255

@Suite struct WipingTests {
    @Test func memoryIsZeroAfterwards() {
        var bytes = [UInt8](repeating: 0xa5, count: 97)
        bytes.withUnsafeMutableBytes { wipeMemory(UnsafeMutableRawBufferPointer(rebasing: $0[1..<96])) }
        #expect(bytes == [0xa5] + [UInt8](repeating: 0, count: 95) + [0xa5])
        wipeMemory(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }

    @Test func aWipedArrayIsEmpty() {
        var scalars = [Scalar.one, Scalar.one]
        scalars.wipe()
        #expect(scalars.isEmpty)
    }
}
