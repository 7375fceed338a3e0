import Glibc
import Testing

@testable import Sodium

@Suite("secrets through descriptors")
struct DescriptorTests {
    /// What is read of what was written; nil where it is refused.
    private func passed(_ bytes: [UInt8], maximum: Int) -> [UInt8]? {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        #expect(SecretBytes(copying: bytes).write(to: ends[1]))
        close(ends[1])
        return SecretBytes.readingAll(of: ends[0], maximum: maximum)?.withUnsafeBytes { Array($0) }
    }

    @Test("all comes through, up to the most that is wanted")
    func passing() {
        let bytes = (0..<32).map { UInt8($0) }
        #expect(passed(bytes, maximum: 32) == bytes)
        #expect(passed(bytes, maximum: 33) == bytes)
        #expect(passed(bytes, maximum: 31) == nil)
        #expect(passed([], maximum: 32) == [])
    }

    @Test("a descriptor that is none is an error, not the end")
    func closed() {
        #expect(SecretBytes.readingAll(of: -1, maximum: 32) == nil)
        #expect(!SecretBytes(copying: [1]).write(to: -1))
    }

    @Test("equal is equal in every byte and in length")
    func equality() {
        let key = SecretBytes(copying: [1, 2, 3])
        #expect(key.isEqual(to: SecretBytes(copying: [1, 2, 3])))
        for other: [UInt8] in [[0, 2, 3], [1, 2, 2], [1, 2], [1, 2, 3, 0], []] {
            #expect(!key.isEqual(to: SecretBytes(copying: other)))
        }
    }
}
