import FaceAlignment
import Foundation
import Testing

/// Faces that a fresh clone does not have (../shared, or the folder that SEMBLANCE_SHARED names), and the cascade.
enum Shared {
    static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["SEMBLANCE_SHARED"] { return path }
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return repository.deletingLastPathComponent().appendingPathComponent("shared").path
    }()

    static var hasFaces: Bool {
        ["data/orl.tar", "data/lfw112.tar", "models/mobilefacenet-relu6.onnx"].allSatisfy(has)
    }
    static var hasCascade: Bool { FileManager.default.fileExists(atPath: FaceAligner.packagedCascade) }

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    private static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// Calls `body` with a new folder that has the members of an archive that match `pattern`.
    static func extracting<Result>(
        _ archive: String,
        _ pattern: String,
        _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semblance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xf", path(archive), "-C", folder.path, "--wildcards", pattern]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)
        return try body(folder.path)
    }
}
