import Foundation
import Testing

@testable import PamConfiguration

@Suite("A service's own file")
struct ServiceEditTests {
    private let folder: PamFolder

    init() throws { folder = try PamFolder() }

    private func enabled(_ service: String) throws -> ServiceEdit {
        try #require(try ServiceEdit.enabling(service, in: folder.directories))
    }

    @Test(
        "The line goes before what asks for the password, and out again without a trace",
        arguments: ["sudo", "su", "login"]
    )
    func thereAndBack(service: String) throws {
        let before = try folder.text(service)
        let edit = try enabled(service)
        #expect(edit.before == before)
        #expect(
            edit.after
                == before.replacing("@include common-auth\n", with: "\(ServiceEdit.line)\n@include common-auth\n")
        )
        try folder.write(edit.after, service)
        #expect(try folder.stack(service).ownEntry?.arguments == ["confirm"])
        #expect(try ServiceEdit.enabling(service, in: folder.directories) == nil)
        #expect(try ServiceEdit.disabling(service, in: folder.directories)?.after == before)
        try folder.write(before, service)
        #expect(try ServiceEdit.disabling(service, in: folder.directories) == nil)
    }

    @Test("What a match will pass over is said")
    func passedOver() throws {
        #expect(try enabled("sudo").passedOver == ["pam_cap.so"])
        #expect(try enabled("login").passedOver == ["pam_cap.so", "pam_group.so"])
    }

    @Test("A file without a last line feed keeps it that way")
    func noLineFeed() throws {
        try folder.write("@include common-auth", "bare")
        #expect(try enabled("bare").after == "\(ServiceEdit.line)\n@include common-auth")
    }

    @Test("A service that asks by what it includes is not given a second line")
    func byInclusion() throws {
        try folder.write(ServiceEdit.line + "\n" + PamFolder.common, "common-auth")
        #expect(try ServiceEdit.enabling("sudo", in: folder.directories) == nil)
        #expect(try ServiceEdit.disabling("sudo", in: folder.directories) == nil)
    }

    @Test(
        "Stacks that are not understood are left alone",
        arguments: [
            (
                "auth [success=2 default=ignore] pam_x.so\n@include common-auth\n",
                "of which the change would alter the number"
            ),
            ("@include common-auth\nauth required pam_listfile.so\n", "past pam_listfile.so"),
            ("auth required pam_permit.so\n", "even now it is not understood"),
            ("auth sufficient pam_unix.so\nauth required pam_permit.so\n", "even now it is not understood"),
            ("auth requird pam_unix.so\n", "line 1 of"),
            ("@include common-nothing\n", "there is no PAM configuration 'common-nothing'"),
        ]
    )
    func refused(text: String, words: String) throws {
        try folder.write(text, "odd")
        let error = #expect(throws: PamTrouble.self) { try ServiceEdit.enabling("odd", in: folder.directories) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("A jump that ends before the line may stay")
    func shortJump() throws {
        try folder.write(
            "auth [success=1 default=ignore] pam_x.so\nauth required pam_y.so\n@include common-auth\n",
            "jumps"
        )
        #expect(try enabled("jumps").after.contains("pam_y.so\n\(ServiceEdit.line)\n@include"))
    }

    @Test("A second factor is not taken out")
    func secondFactor() throws {
        try folder.write("auth required pam_unix.so\nauth required pam_semblance.so\n", "vault")
        let error = #expect(throws: PamTrouble.self) { try ServiceEdit.disabling("vault", in: folder.directories) }
        #expect(error?.description.contains("the password alone would do") == true)
    }

    @Test("A line of another type that a jump may count is not taken out")
    func otherType() throws {
        try folder.write(
            "@include common-auth\naccount [success=2 default=ignore] pam_x.so\naccount required pam_semblance.so\naccount required pam_y.so\n",
            "door"
        )
        let error = #expect(throws: PamTrouble.self) { try ServiceEdit.disabling("door", in: folder.directories) }
        #expect(error?.description.contains("line 3 of") == true)
    }

    @Test("Names that are none, files of packages, and services without a file are refused")
    func names() throws {
        for name in ["", "../sudo", "common-auth", ".hidden", "nothing"] {
            #expect(throws: PamTrouble.self) { try ServiceEdit.enabling(name, in: folder.directories) }
        }
        let vendor = "\(folder.root)/usr/lib/pam.d"
        try FileManager.default.createDirectory(atPath: vendor, withIntermediateDirectories: true)
        try "@include common-auth\n".write(toFile: "\(vendor)/polkit-1", atomically: false, encoding: .utf8)
        let error = #expect(throws: PamTrouble.self) { try ServiceEdit.enabling("polkit-1", in: folder.directories) }
        #expect(error?.description.contains("belongs to a package") == true)
    }
}
