import Foundation
import Testing

@testable import PamConfiguration

@Suite("What a change does to other services")
struct EveryServiceTests {
    private let folder: PamFolder

    init() throws { folder = try PamFolder() }

    /// Debian's common-auth with the profile in it.
    private static let asking = PamFolder.common.replacing(
        "auth\t[success=1 default=ignore]\tpam_unix.so nullok",
        with:
            "auth\t[success=2 default=ignore]\tpam_semblance.so confirm\nauth\t[success=1 default=ignore]\tpam_unix.so nullok try_first_pass"
    )

    /// Both ways: the profile there, and gone again.
    private func refusal(enabling: Bool) throws -> String? {
        try folder.write(enabling ? PamFolder.common : Self.asking, "common-auth")
        let after = folder.directories.with([
            folder.path("common-auth"): enabling ? Self.asking : PamFolder.common
        ])
        do { try PamGuard.checkEveryService(folder.directories, after: after) } catch { return error.description }
        return nil
    }

    @Test("Debian's own go both ways", arguments: [true, false])
    func plain(enabling: Bool) throws { #expect(try refusal(enabling: enabling) == nil) }

    @Test(
        "Jumps that would lead elsewhere are named, in stacks that are not sound as well",
        arguments: [
            "auth [success=4 default=ignore] pam_x.so\n@include common-auth\nauth required pam_y.so\n",
            "auth [success=2 default=ignore] pam_x.so\nauth include common-auth\nauth required pam_deny.so\n",
            "auth [success=1 auth_err=3 default=ignore] pam_x.so\nauth required pam_deny.so\n@include common-auth\n",
            "auth substack inner\n",
        ]
    )
    func jumps(text: String) throws {
        try folder.write(text, "door")
        try folder.write("auth [success=4 default=ignore] pam_x.so\n@include common-auth\n", "inner")
        for enabling in [true, false] {
            let words = try refusal(enabling: enabling)
            #expect(words?.contains("door after the change") == true, "\(String(describing: words))")
        }
    }

    @Test(
        "Jumps over a substack, onto the password or before it stay what they are",
        arguments: [
            "auth [success=1 default=ignore] pam_x.so\nauth substack common-auth\nauth required pam_permit.so\n",
            "auth [success=1 default=ignore] pam_x.so\nauth required pam_y.so\n@include common-auth\n",
            "@include common-auth\nauth [success=1 default=ignore] pam_x.so\nauth required pam_y.so\nauth optional pam_z.so\n",
            "account [success=4 default=ignore] pam_x.so\n@include common-auth\n",
        ]
    )
    func still(text: String) throws {
        try folder.write(text, "door")
        for enabling in [true, false] { #expect(try refusal(enabling: enabling) == nil) }
    }

    @Test("What is not understood, jumps and includes others is refused; what does not is let be")
    func notUnderstood() throws {
        try folder.write("auth sometimes pam_x.so\n@include common-auth\n", "door")
        #expect(try refusal(enabling: true) == nil)
        try folder.write("auth [success=4 default=ignore] pam_x.so\r\n@include common-auth\n", "door")
        #expect(try refusal(enabling: true)?.contains("door includes others") == true)
    }

    @Test("A service that includes the one that is changed is looked at", arguments: ["sudo", "sudo-link"])
    func including(name: String) throws {
        symlink("sudo", folder.path("sudo-link"))
        let text = try folder.text("sudo")
        let jump = "auth [success=4 default=ignore] pam_x.so\n"
        try folder.write("\(jump)auth include \(name)\nauth required pam_y.so\n", "door")
        func refused(_ change: () throws -> ServiceEdit?) {
            let error = #expect(throws: PamTrouble.self) { try change() }
            #expect(error?.description.contains("door after the change") == true, "\(String(describing: error))")
        }
        refused { try ServiceEdit.enabling("sudo", in: folder.directories) }
        try folder.write(text.replacing("@include", with: "\(ServiceEdit.line)\n@include", maxReplacements: 1), "sudo")
        refused { try ServiceEdit.disabling("sudo", in: folder.directories) }
        // And where no jump is: a second factor behind it would be passed over.
        try folder.write(text, "sudo")
        try folder.write("auth include \(name)\nauth required pam_oath.so\n", "door")
        let error = #expect(throws: PamTrouble.self) { try ServiceEdit.enabling("sudo", in: folder.directories) }
        #expect(error?.description.contains("door would let face or finger in past pam_oath.so") == true)
    }
}
