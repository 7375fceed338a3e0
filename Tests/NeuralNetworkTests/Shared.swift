import Foundation

/// Models and data that a fresh clone does not have: ../shared, or the folder that SEMBLANCE_SHARED names.
enum Shared {
    static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["SEMBLANCE_SHARED"] { return path }
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return repository.deletingLastPathComponent().appendingPathComponent("shared").path
    }()

    static func path(_ name: String) -> String { "\(self.folder)/\(name)" }

    static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self.path(name)) }

    static var hasModels: Bool { self.has("models") && self.has("data/orl.tar") }

    static var hasFaces: Bool { self.hasModels && self.has("data/lfw112.tar") }

    /// A new folder with the members of an archive that match `pattern`.
    static func extract(_ name: String, pattern: String? = nil) throws -> String {
        let folder = try self.temporaryFolder()
        var arguments = ["tar", "-xf", self.path(name), "-C", folder]
        if let pattern { arguments += ["--wildcards", pattern] }
        try Command.run(arguments)
        return folder
    }

    static func temporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semblance-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}
