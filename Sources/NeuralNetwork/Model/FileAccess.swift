import Foundation
import NetworkProof

/// Reading files whose size is not trusted, and writing files whole.
enum FileAccess {
    static func read(_ path: String, maximumBytes: Int) throws(ModelError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable(path: path) }
        defer { try? handle.close() }
        do {
            guard let data = try handle.read(upToCount: maximumBytes + 1) else { return [] }
            guard data.count <= maximumBytes else { throw ModelError.tooLarge }
            return [UInt8](data)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .unreadable(path: path)
        }
    }

    /// Replaces the file atomically.
    ///
    /// - Parameter isSecret: only its owner may read it, from its first byte on.
    static func write(_ bytes: [UInt8], to path: String, isSecret: Bool = false) throws(ModelError) {
        do {
            guard isSecret else { return try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) }
            let partial = "\(path).\(UUID().uuidString)"
            let made = FileManager.default.createFile(
                atPath: partial,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
            guard made else { throw ModelError.unwritable(path: path) }
            defer { unlink(partial) }
            try Data(bytes).write(to: URL(fileURLWithPath: partial))
            guard rename(partial, path) == 0 else { throw ModelError.unwritable(path: path) }
        } catch {
            throw .unwritable(path: path)
        }
    }
}
