import Foundation

/// Reading files whose size is not trusted.
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
}
