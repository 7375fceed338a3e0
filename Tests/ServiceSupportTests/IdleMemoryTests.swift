import Foundation
import Glibc
import Synchronization
import Testing

@testable import ServiceSupport

@Suite("memory of idle daemons")
struct IdleMemoryTests {
    @Test("once, after the last work has ended, however often it was told")
    func once() async throws {
        let count = Mutex(0)
        let memory = IdleMemory(patience: .milliseconds(200)) { count.withLock { $0 += 1 } }
        for _ in 0..<20 { memory.workEnded() }
        #expect(count.withLock { $0 } == 0)
        for _ in 0..<200 where count.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(count.withLock { $0 } == 1)
        memory.workEnded()
        for _ in 0..<200 where count.withLock({ $0 }) == 1 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(count.withLock { $0 } == 2)
    }

    @Test("what was freed leaves the process, also below what is still in use")
    func leaves() async throws {
        var pieces = (0..<4096).map { _ in UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 16) }
        for piece in pieces { memset(piece, 1, 8192) }
        // What is allocated last pins the heap's end.
        let last = pieces.removeLast()
        defer { last.deallocate() }
        for piece in pieces { piece.deallocate() }
        let before = try Self.residentBytes()
        let memory = IdleMemory(patience: .milliseconds(1))
        memory.workEnded()
        for _ in 0..<200 {
            if before - (try Self.residentBytes()) > 16 << 20 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        let after = try Self.residentBytes()
        #expect(before - after > 16 << 20)
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * sysconf(Int32(_SC_PAGESIZE))
    }
}
