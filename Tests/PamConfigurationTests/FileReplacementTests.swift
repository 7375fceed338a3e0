import Foundation
import Glibc
import ServiceSupport
import Testing

@testable import PamConfiguration

@Suite("Replacing a file")
struct FileReplacementTests {
    private let folder: PamFolder

    init() throws { folder = try PamFolder() }

    private func replace(_ name: String, with after: String, expecting before: String? = nil) throws -> String {
        try FileReplacement.replace(
            folder.path(name),
            expecting: before ?? folder.text(name),
            with: after,
            backups: folder.backups
        )
    }

    private func info(_ path: String) -> stat {
        var info = stat()
        lstat(path, &info)
        return info
    }

    @Test("Mode and owner stay, the old text is kept, nothing else is left")
    func kept() throws {
        let path = folder.path("sudo")
        chmod(path, 0o640)
        if geteuid() == 0 { chown(path, 0, 2) }
        let (before, old) = try (folder.text("sudo"), info(path))
        let backup = try replace("sudo", with: "after\n")
        let new = info(path)
        #expect(try folder.text("sudo") == "after\n")
        #expect(new.st_mode == old.st_mode && new.st_gid == old.st_gid && new.st_ino != old.st_ino)
        #expect(info(backup).st_mode == old.st_mode)
        #expect(try String(contentsOfFile: backup, encoding: .utf8) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(""))
        #expect(Set(names) == Set(PamFolder.services.keys))
    }

    @Test("A link stays, and what it leads to is replaced")
    func link() throws {
        symlink("sudo", folder.path("sudo-i"))
        _ = try replace("sudo-i", with: "after\n")
        #expect(info(folder.path("sudo-i")).st_mode & S_IFMT == S_IFLNK)
        #expect(try folder.text("sudo") == "after\n")
    }

    @Test("What changed meanwhile, has two names or may be written by others is left alone")
    func refused() throws {
        let before = try folder.text("sudo")
        #expect(throws: FileError.self) { try replace("sudo", with: "after\n", expecting: "other\n") }
        Glibc.link(folder.path("sudo"), folder.path("twin"))
        #expect(throws: FileError.self) { try replace("sudo", with: "after\n") }
        unlink(folder.path("twin"))
        chmod(folder.path("sudo"), 0o666)
        #expect(throws: FileError.self) { try replace("sudo", with: "after\n") }
        #expect(try folder.text("sudo") == before)
    }

    @Test("What an earlier run left half written is no hindrance")
    func leftOver() throws {
        try folder.write("half", ".sudo.semblance-new")
        _ = try replace("sudo", with: "after\n")
        #expect(try folder.text("sudo") == "after\n")
    }
}

@Suite("Differences")
struct UnifiedDiffTests {
    private static func numbers(_ count: Int, but others: Set<Int> = []) -> String {
        (1...count).map { others.contains($0) ? "other\n" : "\($0)\n" }.joined()
    }

    /// As `diff -u` says it, which is asked.
    @Test(
        "They read as those of diff -u",
        arguments: [
            ("a\nb\nc\nd\ne\n", "a\nb\nx\nc\nd\ne\n"), ("a\nb\n", ""), ("", "a\n"), ("a\nb\nc\n", "a\nc\n"),
            (numbers(30), numbers(30, but: [4, 25])), (numbers(12), numbers(12, but: [3, 9])),
        ]
    )
    func asDiff(before: String, after: String) throws {
        let folder = try PamFolder(["a": before, "b": after])
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/diff")
        process.arguments = ["-u", "--label", "f", "--label", "f", folder.path("a"), folder.path("b")]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let expected = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        // Its files go with it.
        withExtendedLifetime(folder) { process.waitUntilExit() }
        // GNU's leaves out a count of one.
        let found = UnifiedDiff.lines(before, after, path: "f").map {
            $0.hasPrefix("@@") ? $0.replacing(",1 ", with: " ") : $0
        }
        #expect(found.joined(separator: "\n") + "\n" == expected)
        #expect(UnifiedDiff.lines(after, after, path: "f").isEmpty)
    }
}
