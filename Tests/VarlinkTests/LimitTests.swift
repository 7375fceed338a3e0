import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Varlink

@Suite("limits")
struct LimitTests {
    @Test("a message may be as long as the limit and not a byte longer")
    func messageLength() async throws {
        var limits = VarlinkLimits()
        limits.messageByteCount = 4096
        try await TestService.run(limits: limits) { service in
            let path = service.path
            func message(_ count: Int) -> [UInt8] {
                let frame = #"{"method":"org.semblance.test.Echo","parameters":{"text":""}}"#
                let text = String(repeating: "x", count: count - frame.utf8.count)
                return Array(frame.replacingOccurrences(of: "\"\"", with: "\"\(text)\"").utf8) + [0]
            }
            let longest = message(4096)
            let tooLong = message(4097)
            let answered = await blocking { () -> Bool in
                guard let client = RawClient(path) else { return false }
                return client.send(longest) && client.receive() != nil
            }
            #expect(answered)
            let refused = await blocking { () -> Bool in
                guard let client = RawClient(path) else { return false }
                client.send(tooLong)
                return client.receive() == nil && client.isHungUp()
            }
            #expect(refused)
            #expect(service.echoed.withLockedValue { $0 } == 1)
        }
    }

    @Test("a flood without a NUL is cut off, not stored")
    func flood() async throws {
        try await TestService.run { service in
            let path = service.path
            let accepted = await blocking { () -> Int in
                guard let client = RawClient(path) else { return -1 }
                let chunk = [UInt8](repeating: 0x20, count: 1 << 16)
                var chunks = 0
                while chunks < 1024, client.send(chunk) { chunks += 1 }
                return chunks
            }
            // 1 MiB is the limit; socket buffers hold some more.
            #expect((1...64).contains(accepted))
        }
    }

    @Test("slow-loris: a message that does not get finished ends the connection, however it dribbles")
    func slowLoris() async throws {
        var limits = VarlinkLimits()
        limits.message = .milliseconds(300)
        limits.idle = .seconds(30)
        try await TestService.run(limits: limits) { service in
            let path = service.path
            let seconds = await blocking { () -> Double in
                guard let client = RawClient(path) else { return -1 }
                let start = Date()
                while Date().timeIntervalSince(start) < 60, client.send([0x20]) { usleep(50_000) }
                return Date().timeIntervalSince(start)
            }
            // The upper bound only has to tell "cut" from "served for ever" on a machine under load.
            #expect(seconds > 0.25 && seconds < 50, "cut after \(seconds) s")
        }
    }

    @Test("an idle connection ends, one with a running call does not")
    func idle() async throws {
        var limits = VarlinkLimits()
        limits.idle = .milliseconds(300)
        try await TestService.run(limits: limits) { service in
            let path = service.path
            let hungUp = await blocking { () -> Bool in RawClient(path)?.isHungUp() ?? false }
            #expect(hungUp)
            let client = try await service.client()
            await #expect(throws: VarlinkClientError.timedOut) {
                try await client.call("org.semblance.test.Wait", timeout: .milliseconds(900))
            }
        }
    }

    @Test("a peer that does not read its reply is cut off")
    func slowReader() async throws {
        var limits = VarlinkLimits()
        limits.write = .milliseconds(300)
        try await TestService.run(limits: limits) { service in
            let path = service.path
            await blocking {
                guard let client = RawClient(path) else { return }
                let text = String(repeating: "x", count: 900_000)
                client.send(#"{"method":"org.semblance.test.Echo","parameters":{"text":"\#(text)"}}"#)
                usleep(1_500_000)
            }
            #expect(service.closed.withLockedValue { $0 } == [1])
        }
    }

    @Test("connections of one user are capped, and a closed one makes room")
    func connectionsPerUser() throws {
        var limits = VarlinkLimits()
        limits.connectionsPerUser = 3
        let table = ConnectionTable(limits: limits)
        let first = try #require(table.admit(1000))
        #expect(table.admit(1000) != nil && table.admit(1000) != nil)
        #expect(table.admit(1000) == nil)
        #expect(table.admit(1001) != nil)
        table.release(first)
        table.release(first)
        #expect(table.admit(1000) != nil)
        #expect(table.admit(1000) == nil)
        for _ in 0..<100 { #expect(table.admit(0) != nil) }
    }

    /// What a full table does: 16 users with 16 connections each leave root's places alone, and a newcomer gets the
    /// place of one of those who have many; nobody gets his by coming again.
    @Test("idle connections of those who have the most make room, and root's places are kept")
    func crowding() throws {
        let table = ConnectionTable(limits: VarlinkLimits())
        let closed = NIOLockedValueBox<[UInt32]>([])
        func admit(_ uid: UInt32, at now: NIODeadline, isBusy: Bool = false) -> UInt64? {
            guard let identifier = table.admit(uid, at: now) else { return nil }
            table.attach(identifier) { closed.withLockedValue { $0.append(uid) } }
            if isBusy { table.setIdle(false, identifier, at: now) }
            return identifier
        }
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        // One connection of each of 16 users has a call running, 15 are idle: 240 are all that there are but root's.
        for uid in UInt32(1)...16 {
            for index in 0..<15 {
                #expect(admit(uid, at: start + .milliseconds(Int64(index)), isBusy: index == 0) != nil)
            }
        }
        #expect(closed.withLockedValue { $0.isEmpty })
        for _ in 0..<16 { #expect(admit(0, at: start) != nil) }
        #expect(closed.withLockedValue { $0.isEmpty })
        // All 256 are taken. Root and a newcomer get in; one of the crowd does not.
        #expect(admit(1, at: start + .seconds(1)) == nil)
        let newcomer = try #require(admit(2000, at: start + .seconds(1)))
        #expect(admit(0, at: start + .seconds(1)) != nil)
        #expect(closed.withLockedValue { $0.count } == 2)
        #expect(closed.withLockedValue { $0.allSatisfy { (1...16).contains($0) } })
        // Users with one connection each cannot push each other out, until one has been idle for long.
        for uid in UInt32(3000)..<4000 { _ = admit(uid, at: start + .seconds(2)) }
        #expect(closed.withLockedValue { !$0.contains(2000) })
        #expect(admit(5000, at: start + .seconds(3)) == nil)
        #expect(admit(5000, at: start + .seconds(30)) != nil)
        _ = newcomer
        // What runs is never cut off.
        for uid in UInt32(6000)..<7000 { _ = admit(uid, at: start + .seconds(60), isBusy: true) }
        let before = closed.withLockedValue { $0.count }
        #expect(admit(8000, at: start + .seconds(3600)) == nil)
        #expect(closed.withLockedValue { $0.count } == before)
    }

    @Test("refusals are logged once a minute")
    func refusalLog() {
        let table = ConnectionTable(limits: VarlinkLimits())
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        #expect(table.tellsOfRefusal(at: start))
        for second in 0..<60 { #expect(!table.tellsOfRefusal(at: start + .seconds(Int64(second)))) }
        #expect(table.tellsOfRefusal(at: start + .seconds(60)))
    }

    @Test("a connection that had to make room before its handler was known is closed when it is")
    func evictionBeforeAttaching() throws {
        let table = ConnectionTable(limits: VarlinkLimits())
        let isClosed = NIOLockedValueBox(false)
        let identifier = try #require(table.admit(7))
        table.release(identifier)
        // It went before anybody knew how to close it.
        table.attach(identifier) { isClosed.withLockedValue { $0 = true } }
        #expect(isClosed.withLockedValue { $0 })
    }

    @Test("300 connections at once neither exhaust nor stop the server")
    func manyConnections() async throws {
        try await TestService.run { service in
            let path = service.path
            await blocking {
                let clients = (0..<300).compactMap { _ in RawClient(path) }
                for client in clients { client.send("{\"method\":") }
            }
            #expect(
                await eventually {
                    guard let client = RawClient(path) else { return false }
                    return client.send(#"{"method":"org.semblance.test.Who"}"#) && client.receive() != nil
                }
            )
        }
    }

    @Test("the rate of a user's calls is held down, root's is not")
    func rate() {
        var limits = VarlinkLimits()
        limits.callsPerSecondPerUser = 10
        limits.burstPerUser = 5
        let table = ConnectionTable(limits: limits)
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for _ in 0..<5 { #expect(table.delayForCall(by: 1000, at: now) == .zero) }
        #expect(table.delayForCall(by: 1000, at: now) == .milliseconds(100))
        #expect(table.delayForCall(by: 1000, at: now) == .milliseconds(200))
        #expect(table.delayForCall(by: 1001, at: now) == .zero)
        for _ in 0..<100 { #expect(table.delayForCall(by: 0, at: now) == .zero) }
        now = now + .seconds(10)
        #expect(table.delayForCall(by: 1000, at: now) == .zero)
    }

    @Test("the table forgets users who have been away")
    func tableSize() {
        let table = ConnectionTable(limits: VarlinkLimits())
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for uid in 1..<UInt32(5000) {
            _ = table.delayForCall(by: uid, at: now)
            now = now + .milliseconds(10)
        }
        #expect(table.userCount < 1500)
    }
}
