import Foundation
import PamConfiguration
import ServiceSupport

/// Debian's pam-auth-update(8), which writes /etc/pam.d/common-* from the profiles in /usr/share/pam-configs.
struct PamAuthUpdate {
    private static let program = "/usr/sbin/pam-auth-update"
    private static let profile = "semblance"
    private static let profiles = [profile, "semblance-presence"]
    /// What it reads and writes, below a root.
    private static let folders = ["etc/pam.d", "var/lib/pam", "usr/share/pam-configs"]

    /// Empty for the system's own.
    let root: String

    /// What it would make of the files in /etc/pam.d: it is run on a copy of what it reads.
    ///
    /// - Returns: texts by path, of those that would change.
    func preview(enables: Bool) throws -> [String: String] {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw CommandFailure(
                .failure,
                "there is no pam-auth-update here, which is what changes every service at once",
                hint: "name the services one by one: semblance pam \(enables ? "enable" : "disable") --service sudo"
            )
        }
        let copy = try Self.privateFolder()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        for folder in Self.folders { try Self.copy("\(root)/\(folder)", to: "\(copy)/\(folder)") }
        try run(on: copy, enables: enables)
        var changes: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(copy)/etc/pam.d") {
            let path = "\(root)/etc/pam.d/\(name)"
            let after = try PamFile.text(of: "\(copy)/etc/pam.d/\(name)")
            // It leaves files beside them, too, where it is forced to.
            guard name.hasPrefix("common-"), try PamFile.text(of: path) != after else { continue }
            changes[path] = after
        }
        return changes
    }

    func apply(enables: Bool) throws { try run(on: root, enables: enables) }

    /// Without questions. What is not the system itself has a debconf database of its own, or the preview would leave its
    /// answers behind.
    private func run(on root: String, enables: Bool) throws {
        var environment = ProgramRun.environment
        environment["DEBIAN_FRONTEND"] = "noninteractive"
        if !root.isEmpty {
            environment["DEBCONF_DB_REPLACE"] = "File{\(root)/debconf.dat}"
            environment["HOME"] = root
        }
        let done = try ProgramRun.run(
            [Self.program] + (root.isEmpty ? [] : ["--root", root])
                + (enables ? ["--enable", Self.profile] : ["--disable"] + Self.profiles),
            environment: environment
        )
        guard !done.text.contains("Local modifications") else {
            throw CommandFailure(
                .badInput,
                "/etc/pam.d/common-* were changed by hand, and pam-auth-update leaves them alone",
                hint: "name the services one by one with --service, or see --force in pam-auth-update(8)"
            )
        }
        guard done.status == 0 else {
            throw CommandFailure(.failure, "pam-auth-update failed: \(done.lastLine ?? "status \(done.status)")")
        }
    }

    private static func privateFolder() throws -> String {
        var template = Array("/tmp/semblance-pam.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CommandFailure(.failure, "cannot make a folder in /tmp") }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// None where there is no such folder: it may never have been run.
    private static func names(_ folder: String) throws(FileError) -> [String] {
        do {
            return try DirectoryNames.read(folder)
        } catch .missing {
            return []
        }
    }

    /// The regular files that can be read, not what lies in folders below.
    private static func copy(_ from: String, to target: String) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        for name in try names(from) {
            guard let text = try? PamFile.text(of: "\(from)/\(name)") else { continue }
            try text.write(toFile: "\(target)/\(name)", atomically: false, encoding: .utf8)
        }
    }
}
