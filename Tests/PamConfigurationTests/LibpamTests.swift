import Foundation
import Testing

@testable import PamConfiguration

private enum Libpam {
    static let tester = "/usr/bin/pamtester"
    static let debug = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"].map { "\($0)/security/pam_debug.so" }
        .first { FileManager.default.fileExists(atPath: $0) }
    static let wrapper = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
        .map { "\($0)/libpam_wrapper.so" }.first { FileManager.default.fileExists(atPath: $0) }
    static var isHere: Bool {
        debug != nil && wrapper != nil && FileManager.default.isExecutableFile(atPath: tester)
    }
}

/// The rehearsal beside libpam itself, by pamtester in pam_wrapper: modules that return what they are told stand for those
/// that a stack names.
@Suite(
    "libpam's own word",
    .serialized,
    .enabled(if: Libpam.isHere, "takes pamtester, libpam-wrapper and pam_debug.so")
)
struct LibpamTests {
    private static let modules = [
        PamStack.ownModule, "pam_unix.so", "pam_unix.so", "pam_deny.so", "pam_permit.so", "pam_other.so",
    ]
    private static let controls = [
        "required", "requisite", "sufficient", "optional", "[success=1 default=ignore]", "[success=2 default=ignore]",
        "[success=3 default=bad]", "[success=done default=die]", "[success=ok auth_err=reset default=ignore]",
        "[success=ignore default=bad]", "[authinfo_unavail=1 success=ok default=die]",
    ]

    private struct Generator {
        var state: UInt64

        /// xorshift64: a failure can be had again.
        mutating func below(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }

    @Test("Random stacks grant and deny as they do there", arguments: 1...3)
    func random(seed: Int) throws {
        var generator = Generator(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15)
        var granted = 0
        for _ in 0..<40 {
            let own: PamResult = [.success, .denied, .unavailable][generator.below(3)]
            let rehearsal = PamRehearsal(own: own, password: generator.below(2) == 0 ? .success : .denied)
            func lines(_ count: Int) -> [String] {
                (0..<count).map { _ in
                    "auth \(Self.controls[generator.below(Self.controls.count)]) \(Self.modules[generator.below(Self.modules.count)])"
                }
            }
            var outer = lines(2 + generator.below(4))
            if generator.below(2) == 0 {
                outer.insert(
                    generator.below(2) == 0 ? "auth substack inner" : "@include inner",
                    at: generator.below(outer.count + 1)
                )
            }
            let texts = ["outer": outer, "inner": lines(1 + generator.below(3))].mapValues {
                $0.joined(separator: "\n") + "\n"
            }
            let folder = try PamFolder(texts)
            let expected = rehearsal.outcome(of: try folder.stack("outer")).isGranted
            let found = try isGranted(by: rehearsal, folder)
            #expect(found == expected, "\(rehearsal)\n\(texts)")
            granted += found ? 1 : 0
        }
        // Both happen, or this says nothing.
        #expect((3...37).contains(granted))
    }

    /// Whether libpam grants it, each module being told the result that the rehearsal gives it.
    private func isGranted(by rehearsal: PamRehearsal, _ folder: PamFolder) throws -> Bool {
        let real = try PamFolder([:])
        for name in ["outer", "inner"] {
            let file = try PamFile(text: folder.text(name), path: folder.path(name))
            var lines = try folder.text(name).split(separator: "\n").map(String.init)
            for line in file.lines {
                guard case .rule(let rule) = line.statement, case .actions = rule.control else { continue }
                let result = rehearsal.result(of: PamStack.Entry(rule: rule, file: "", line: 0))
                lines[line.range.lowerBound] = lines[line.range.lowerBound]
                    .replacing(rule.path, with: "\(try #require(Libpam.debug)) auth=\(result.rawValue)")
            }
            // pam_wrapper finds services, not what they include.
            let text = lines.joined(separator: "\n").replacing("inner", with: real.path("inner"))
            try real.write(text + "\n", name)
        }
        try real.write("auth required pam_deny.so\n", "other")
        let process = Process()
        process.executableURL = URL(filePath: Libpam.tester)
        process.arguments = ["outer", "root", "authenticate"]
        process.environment = [
            "LD_PRELOAD": try #require(Libpam.wrapper), "PAM_WRAPPER": "1", "PAM_WRAPPER_SERVICE_DIR": real.path(""),
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Its folder goes with it.
        try withExtendedLifetime(real) {
            try process.run()
            process.waitUntilExit()
        }
        return process.terminationStatus == 0
    }
}
