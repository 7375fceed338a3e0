import GRDB
import ServiceSupport
import Statement
import Testing

@testable import Vault

@Suite("passwords")
struct PasswordHistoryTests {
    @Test("the last one is kept over a restart, by subject, with the boot that it was entered in")
    func kept() throws {
        try Bench.run { bench in
            bench.clock.change { $0.name = [UInt8](repeating: 1, count: 16) }
            do {
                let vault = try bench.open()
                #expect(try vault.passwordHistory(of: "alice").last == nil)
                try vault.notePassword("alice", forgives: false)
                bench.clock.pass(5)
                try vault.notePassword("alice", forgives: false)
            }
            let entered = bench.clock.read()
            bench.clock.pass(10)
            let vault = try bench.open()
            let history = try vault.passwordHistory(of: "alice")
            #expect(history.last == entered)
            #expect(history.now == bench.clock.read())
            #expect(try vault.passwordHistory(of: "bob").last == nil)
        }
    }

    @Test("failures are those of the modality with the most; forgiving forgets the subject's, and nobody else's")
    func forgiving() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            try vault.beginAttempt("alice", .face)
            for _ in 0..<3 { try vault.beginAttempt("alice", .fingerprint) }
            try vault.beginAttempt("bob", .face)
            #expect(try vault.passwordHistory(of: "alice").failures == 3)
            try vault.notePassword("alice", forgives: false)
            #expect(try vault.passwordHistory(of: "alice").failures == 3)
            try vault.notePassword("alice", forgives: true)
            #expect(try vault.passwordHistory(of: "alice").failures == 0)
            #expect(try vault.passwordHistory(of: "bob").failures == 1)
        }
    }

    @Test("a row of nonsense is named, and no permission")
    func damage() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            try vault.notePassword("alice", forgives: false)
            try vault.writing { database in
                try database.execute(sql: "UPDATE password SET bootIdentity = x'00'")
            }
            let history = try vault.passwordHistory(of: "alice")
            #expect(history.last.map(history.now.isSurelySameBoot) == false)
        }
    }
}
