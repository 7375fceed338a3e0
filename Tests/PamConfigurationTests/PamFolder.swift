import Foundation

@testable import PamConfiguration

/// A folder of services, with Debian's own files in it.
final class PamFolder {
    let root: String
    var directories: PamDirectories { PamDirectories(root: root) }
    var backups: String { "\(root)/var/backups/semblance/pam.d" }

    /// What `pam-auth-update` writes on Debian 12 where nothing but libpam-cap is added.
    static let common = """
        # here are the per-package modules (the "Primary" block)
        auth\t[success=1 default=ignore]\tpam_unix.so nullok
        # here's the fallback if no module succeeds
        auth\trequisite\t\t\tpam_deny.so
        # prime the stack with a positive return value if there isn't one already;
        auth\trequired\t\t\tpam_permit.so
        # and here are more per-package modules (the "Additional" block)
        auth\toptional\t\t\tpam_cap.so\u{20}
        # end of pam-auth-update config

        """

    static let services = [
        "common-auth": common,
        "common-account":
            "account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so \naccount\trequisite\tpam_deny.so\n",
        "sudo":
            "#%PAM-1.0\n\n# Set up user limits from /etc/security/limits.conf.\nsession    required   pam_limits.so\n\n@include common-auth\n@include common-account\n",
        "su": "auth       sufficient pam_rootok.so\n\n@include common-auth\n@include common-account\n",
        "login":
            "auth       optional   pam_faildelay.so  delay=3000000\nauth       requisite  pam_nologin.so\n@include common-auth\nauth       optional   pam_group.so\n@include common-account\n",
        "swaylock": "auth include login\n",
    ]

    init(_ files: [String: String] = services) throws {
        root = NSTemporaryDirectory() + "semblance-pam." + UUID().uuidString
        try FileManager.default.createDirectory(atPath: "\(root)/etc/pam.d", withIntermediateDirectories: true)
        for (name, text) in files { try write(text, name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { "\(root)/etc/pam.d/\(name)" }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func stack(_ name: String) throws -> PamStack { try PamStack(service: name, in: directories) }
}
