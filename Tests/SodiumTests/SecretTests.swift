import Testing

@testable import Sodium

@Suite("secret memory, randomness, comparison")
struct SecretTests {
    private struct Failure: Error {}

    @Test("contents")
    func contents() {
        #expect(SecretBytes(count: 5).withUnsafeBytes { Array($0) } == [0, 0, 0, 0, 0])
        #expect(SecretBytes(copying: [1, 2, 3][1...]).withUnsafeBytes { Array($0) } == [2, 3])
        #expect(SecretBytes(count: 0).count == 0)
        #expect(SecretBytes(count: -1).count == 0)
        #expect(SecretBytes(copying: [UInt8]()).withUnsafeBytes { $0.count } == 0)
        let partial = SecretBytes(count: 3) { $0[1] = 7 }
        #expect(partial.withUnsafeBytes { Array($0) } == [0, 7, 0])
    }

    @Test("an initialiser that throws leaves nothing behind")
    func throwingInitialiser() {
        #expect(throws: Failure.self) {
            try SecretBytes(count: 3) { _ throws(Failure) in throw Failure() }
        }
    }

    @Test("zero empties the array")
    func zero() {
        var bytes: [UInt8] = [1, 2, 3]
        SecretBytes.zero(&bytes)
        #expect(bytes.isEmpty)
    }

    @Test("random bytes: count, and no repetition")
    func randomBytes() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(-3).isEmpty)
        #expect(SecureRandom.bytes(33).count == 33)
        #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
        var generator = SystemRandom()
        #expect(Set((0..<1000).map { _ in generator.next() }).count == 1000)
    }

    @Test("random bytes are balanced: each bit within six standard deviations")
    func balance() {
        let sample = SecureRandom.bytes(1 << 16)
        for bit in 0..<8 {
            let ones = sample.count { $0 >> bit & 1 == 1 }
            #expect(abs(ones - 1 << 15) < 6 * 128)
        }
    }

    @Test("constant-time equality is equality")
    func equality() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 0]))
    }
}
