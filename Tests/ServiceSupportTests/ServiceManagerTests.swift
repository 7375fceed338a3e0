import Foundation
import Logging
import Testing

@testable import ServiceSupport

@Suite("sockets by name")
struct PassedSocketTests {
    private func passed(_ names: String...) -> [SocketActivation.Socket] {
        names.enumerated().map { .init(descriptor: Int32(3 + $0.offset), name: $0.element) }
    }

    @Test("sockets are taken by the names of the units, whatever their order")
    func names() throws {
        let both = try PassedSockets(passed("http", "verifier"), names: ["verifier", "http"])
        #expect(both["verifier"] == 4 && both["http"] == 3)
        let one = try PassedSockets(passed("http"), names: ["verifier", "http"])
        #expect(one["verifier"] == nil && one["http"] == 3)
        #expect(try PassedSockets([], names: ["prover"]).isEmpty)
    }

    @Test("a single socket of any name is the first that is served")
    func single() throws {
        for name in ["unknown", "prover", "x y", ""] {
            let sockets = try PassedSockets(passed(name), names: ["prover", "http"])
            #expect(sockets["prover"] == 3 && sockets["http"] == nil)
        }
    }

    /// Field report 12: clients of a socket that nobody serves wait for ever.
    @Test("what would not be served is refused in words")
    func surplus() {
        #expect(throws: PassedSockets.Failure.unserved(names: ["other"], expected: ["prover"])) {
            try PassedSockets(passed("other", "prover"), names: ["prover"])
        }
        #expect(throws: PassedSockets.Failure.repeated(name: "prover")) {
            try PassedSockets(passed("prover", "prover"), names: ["prover"])
        }
        #expect(throws: PassedSockets.Failure.repeated(name: "unknown")) {
            try PassedSockets(passed("unknown", "unknown"), names: ["prover"])
        }
        let words = PassedSockets.Failure.unserved(names: ["other"], expected: ["verifier", "http"]).description
        #expect(words.contains("'other'") && words.contains("'verifier' and 'http'"))
    }
}

@Suite("descriptors")
struct DescriptorLimitTests {
    @Test("the soft limit is raised as far as the hard one allows, and never lowered")
    func raising() {
        var before = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
        let now = DescriptorLimit.raise(to: 1)
        #expect(now == Int(clamping: before.rlim_cur))
        let wanted = Int(clamping: min(before.rlim_max, before.rlim_cur + 10))
        #expect(DescriptorLimit.raise(to: wanted) == wanted)
        #expect(DescriptorLimit.raise(to: .max) <= Int(clamping: before.rlim_max))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
    }

    @Test("what does not fit is cut for all alike")
    func sharing() {
        #expect(DescriptorLimit.share(1024, wanted: [256, 512], reserve: 64) == [256, 512])
        #expect(DescriptorLimit.share(400, wanted: [256, 512], reserve: 64) == [112, 224])
        #expect(DescriptorLimit.share(100, wanted: [256, 512], reserve: 64) == [12, 24])
        #expect(DescriptorLimit.share(0, wanted: [256, 512], reserve: 64) == [0, 0])
    }
}

@Suite("log lines")
struct LogLineTests {
    @Test("text and fields")
    func plain() {
        let line = LogLine(
            level: .notice,
            message: "proof accepted",
            values: [("purpose", "sudo"), ("retryAfter", "3"), ("subject", "alice"), ("why", "no match = none")]
        )
        #expect(line.text == "notice proof accepted purpose=sudo retryAfter=3 subject=alice why=\"no match = none\"")
        #expect(
            line.fields == [
                "PRIORITY=5",
                "MESSAGE=proof accepted purpose=sudo retryAfter=3 subject=alice why=\"no match = none\"",
                "SEMBLANCE_PURPOSE=sudo", "SEMBLANCE_RETRY_AFTER=3", "SEMBLANCE_SUBJECT=alice",
                "SEMBLANCE_WHY=no match = none",
            ]
        )
    }

    @Test("nobody forges a line or a value")
    func forgery() {
        let line = LogLine(
            level: .warning,
            message: "refused\nnotice proof accepted",
            values: [
                ("key\nPRIORITY", "a\nPRIORITY=0"), ("subject", "eve outcome=accepted"), ("tab", "\t\u{1b}[2J\u{7f}\0"),
                ("bidi", "\u{202e}\u{2028}\u{85}"), ("back", "a\\u{a}\"b\""), ("empty", ""),
            ]
        )
        #expect(!line.text.unicodeScalars.contains { $0.value < 32 || $0.value == 127 })
        #expect(line.text.contains("subject=\"eve outcome=accepted\""))
        #expect(line.text.contains("bidi=\\u{202e}\\u{2028}\\u{85}"))
        #expect(line.text.contains("back=\"a\\\\u{a}\\\"b\\\"\""))
        #expect(line.text.contains("empty=\"\""))
        for field in line.fields {
            #expect(!field.contains("\n"))
            let name = field.prefix { $0 != "=" }
            #expect(name.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 || (48...57).contains($0) }, "\(name)")
        }
        #expect(line.fields.contains("SEMBLANCE_KEY_PRIORITY=a\\u{a}PRIORITY=0"))
    }

    @Test("levels are those of syslog")
    func levels() {
        let expected: [(Logger.Level, String)] = [
            (.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"),
            (.critical, "2"),
        ]
        for (level, priority) in expected {
            #expect(LogLine(level: level, message: "x", values: []).fields.first == "PRIORITY=\(priority)")
        }
    }
}
