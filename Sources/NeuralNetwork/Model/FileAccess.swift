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
    static func write(_ bytes: [UInt8], to path: String) throws(ModelError) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(path: path)
        }
    }
}
