import Foundation
import Testing

@testable import ServiceSupport

@Suite("clocks")
struct ClockTests {
    @Test("without the boot's name there is none, not another one each time")
    func bootIdentity() throws {
        #expect(SystemClock.bootIdentity(at: "/nonexistent") == [])
        let path = NSTemporaryDirectory() + "semblance-boot-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        func identity(_ text: String) throws -> [UInt8] {
            try Data(text.utf8).write(to: URL(filePath: path))
            return SystemClock.bootIdentity(at: path)
        }
        #expect(try identity("00010203-0405-0607-0809-0a0b0c0d0eff\n") == [UInt8](0...14) + [0xff])
        for text in ["", "\n", "00010203", String(repeating: "0", count: 200), "g0010203-0405-0607-0809-0a0b0c0d0eff"] {
            #expect(try identity(text) == [], "\(text)")
        }
    }

    @Test("unnamed boots: the least that either clock says, and a restart where neither says anything")
    func unnamed() {
        let then = ClockReading(unixSeconds: 1000, bootMilliseconds: 50_000, bootIdentity: [])
        func now(_ wall: UInt64, _ boot: UInt64, _ name: [UInt8] = []) -> ClockReading {
            ClockReading(unixSeconds: wall, bootMilliseconds: boot, bootIdentity: name)
        }
        #expect(now(1_000_000, 51_000).millisecondsSurelyPassed(since: then) == 1000)
        #expect(now(1_000_000, 51_000, [1]).millisecondsSurelyPassed(since: then) == 1000)
        #expect(now(1001, 3_000_000).millisecondsSurelyPassed(since: then) == 1000)
        #expect(now(1_000_000, 3000).millisecondsSurelyPassed(since: then) == 3000)
        #expect(now(999, 3_000_000).millisecondsSurelyPassed(since: then) == 0)
        #expect(now(999, 3_000_000).hasLostCount(since: then) && !now(1000, 0).hasLostCount(since: then))
        #expect(
            now(0, 0, [2]).hasLostCount(since: now(1, 0, [1])) && !now(0, 0, [1]).hasLostCount(since: now(1, 0, [1]))
        )
    }
}
