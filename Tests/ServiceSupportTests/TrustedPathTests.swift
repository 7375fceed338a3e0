import Foundation
import Testing

@testable import ServiceSupport

@Suite("files behind links, and keys that a group may read")
struct TrustedPathTests {
    private func inDirectory(_ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "semblance-links-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // The temporary directory itself may be behind a link.
        try body(try TrustedPath.resolve(directory))
    }

    private func makeDirectory(_ path: String, _ mode: mode_t) {
        mkdir(path, mode)
        chmod(path, mode)
    }

    @Test("links are followed as the kernel follows them")
    func links() throws {
        try inDirectory { directory in
            makeDirectory(directory + "/archive", 0o755)
            makeDirectory(directory + "/live", 0o755)
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/archive/key1.pem"))
            symlink("../archive/key1.pem", directory + "/live/key.pem")
            symlink(directory + "/live", directory + "/current")
            symlink("key.pem", directory + "/live/again.pem")
            let target = directory + "/archive/key1.pem"
            for name in [
                "/archive/key1.pem", "/live/key.pem", "/current/key.pem", "/current/again.pem",
                "/live/./../live//key.pem",
            ] {
                #expect(try TrustedPath.resolve(directory + name) == target, "\(name)")
            }
            #expect(throws: FileError.missing(path: directory + "/live/none")) {
                try TrustedPath.resolve(directory + "/live/none")
            }
            #expect(throws: FileError.notAbsolute(path: "live/key.pem")) { try TrustedPath.resolve("live/key.pem") }
            symlink("loop", directory + "/loop")
            #expect(throws: FileError.wrongKind(path: directory + "/loop")) {
                try TrustedPath.resolve(directory + "/loop")
            }
            #expect(throws: FileError.wrongKind(path: target)) { try TrustedPath.resolve(target + "/below") }
        }
    }

    @Test("a link that somebody else could have put there is not followed")
    func strangers() throws {
        try inDirectory { directory in
            makeDirectory(directory + "/open", 0o777)
            makeDirectory(directory + "/closed", 0o755)
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/closed/key.pem"))
            symlink(directory + "/closed/key.pem", directory + "/open/key.pem")
            symlink(directory + "/open/key.pem", directory + "/closed/detour.pem")
            for path in ["/open/key.pem", "/closed/detour.pem"] {
                #expect(throws: FileError.tooOpen(path: directory + "/open", mode: 0o777)) {
                    try TrustedPath.resolve(directory + path)
                }
            }
            if getuid() == 0 {
                chmod(directory + "/open", 0o755)
                chown(directory + "/open", 12345, 12345)
                #expect(throws: FileError.wrongOwner(path: directory + "/open", uid: 12345)) {
                    try TrustedPath.resolve(directory + "/open/key.pem")
                }
            }
        }
    }

    @Test("root's key may be read by a group of this process, and by no other")
    func groupKeys() throws {
        try inDirectory { directory in
            let path = directory + "/key.pem"
            try Data("key".utf8).write(to: URL(fileURLWithPath: path))
            func read() throws -> Int { try SafeFile.readSecret(path, maximum: 9, privacy: .secretOfGroup).count }
            chmod(path, 0o600)
            #expect(try read() == 3)
            chmod(path, 0o640)
            if getuid() == 0 {
                chown(path, 0, getegid())
                #expect(try read() == 3)
                chown(path, 0, 54321)
                #expect(throws: FileError.tooOpen(path: path, mode: 0o640)) { try read() }
                chown(path, 0, getegid())
            } else {
                // One's own key that others may read is a mistake.
                #expect(throws: FileError.tooOpen(path: path, mode: 0o640)) { try read() }
            }
            for mode in [0o660, 0o644, 0o604, 0o650] as [mode_t] {
                chmod(path, mode)
                #expect(throws: FileError.tooOpen(path: path, mode: mode)) { try read() }
            }
            #expect(throws: FileError.tooOpen(path: path, mode: 0o650)) {
                try SafeFile.readSecret(path, maximum: 9, privacy: .secret)
            }
        }
    }
}
