import Foundation
import Testing

@testable import PamConfiguration

@Suite("A file of PAM's configuration")
struct PamFileTests {
    private func entries(_ text: String) throws -> [PamStack.Entry] {
        try PamFolder(["service": text]).stack("service").entries
    }

    @Test("Rules are read with their control, arguments and line")
    func rules() throws {
        let entries = try entries(
            "# comment\n-AUTH [success=2 new_authtok_reqd=done\tdefault=ignore] /lib/pam_x.so a [b c] # more\nauth required \\\n  pam_y.so\n"
        )
        #expect(entries.map(\.module) == ["pam_x.so", "pam_y.so"])
        #expect(entries.map(\.line) == [2, 3])
        #expect(entries[0].arguments == ["a", "b c"])
        #expect(entries[0].rule.control.action(for: .success) == .jump(2))
        #expect(entries[1].rule.control.action(for: .unavailable) == .bad)
    }

    @Test(
        "What pam.d(5) does not allow is refused with its line",
        arguments: [
            "auth required", "auth sometimes pam_x.so", "oauth required pam_x.so", "auth [success=never] pam_x.so",
            "auth [success=0] pam_x.so", "auth [sucess=ok] pam_x.so", "auth [success=ok pam_x.so", "@include",
            "@include a b",
            "auth [] pam_x.so", "auth required pam_x.so\r", "auth [success=+1] pam_x.so", "# comment\r",
            "auth required pam_x.so \\\n", "auth required pam_x.so [a\\]]",
            "auth required pam_x.so " + String(repeating: "x", count: 1000), "#" + String(repeating: "x", count: 1000),
        ]
    )
    func malformed(line: String) throws {
        let error = #expect(throws: PamTrouble.self) { try entries("\n\(line)\n") }
        guard case .line(2, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Where they differ, what is checked is not what is obeyed. The mark on the first number sign makes another character of it.
    @Test(
        "Lines begin and end where libpam has them",
        arguments: [
            ("auth required pam_x.so # more \\\nauth required pam_y.so\n", ["pam_x.so", "pam_y.so"]),
            ("auth required pam_x.so \\ # more\nauth required pam_y.so\n", ["pam_x.so \\", "pam_y.so"]),
            ("auth required pam_x.so \\\n# more\n\n  a\nauth required pam_y.so\n", ["pam_x.so a", "pam_y.so"]),
            ("auth required pam_x.so a\\ \nb\n", ["pam_x.so a b"]),
            ("auth required pam_x.so #\u{301} more\n#\u{301}auth required pam_y.so\n", ["pam_x.so"]),
            ("auth required pam_x.so a\u{301} \u{301}b\n", ["pam_x.so a\u{301} \u{301}b"]),
            ("# more \\\nauth required pam_x.so\n", ["pam_x.so"]),
        ]
    )
    func asLibpam(text: String, expected: [String]) throws {
        #expect(try entries(text).map { ([$0.module] + $0.arguments).joined(separator: " ") } == expected)
    }

    @Test("Circles, missing files, long ones and such that are no text are refused")
    func unusable() throws {
        let folder = try PamFolder(["a": "@include b\n", "b": "auth include a\n", "c": "auth substack nowhere\n"])
        #expect(throws: PamTrouble.tooDeep("a")) { try folder.stack("a") }
        #expect(throws: PamTrouble.missing("nowhere")) { try folder.stack("c") }
        #expect(throws: PamTrouble.missing("../a")) { try folder.stack("../a") }
        try folder.write(String(repeating: "#\n", count: 40_000), "long")
        #expect(throws: PamTrouble.unreadable(folder.path("long"))) { try folder.stack("long") }
        try Data([0xff, 0xfe]).write(to: URL(filePath: folder.path("bytes")))
        #expect(throws: PamTrouble.unreadable(folder.path("bytes"))) { try folder.stack("bytes") }
    }
}
