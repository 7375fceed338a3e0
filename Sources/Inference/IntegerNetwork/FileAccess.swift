import Foundation
import Models

/// Reading files whose size is not trusted, and writing files whole.
package enum FileAccess {
    /// Reads a regular file; `path` may be a link to one.
    package static func read(_ path: String, maximumBytes: Int) throws(ModelError) -> [UInt8] {
        try RegularFile(path).contents(maximumBytes: maximumBytes)
    }

    /// Replaces the file atomically.
    ///
    /// - Parameter isSecret: only its owner may read it, from its first byte on.
    package static func write(_ bytes: [UInt8], to path: String, isSecret: Bool = false) throws(ModelError) {
        do {
            guard isSecret else { return try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) }
            let partial = "\(path).\(UUID().uuidString)"
            let made = FileManager.default.createFile(
                atPath: partial,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
            guard made else { throw ModelError.unwritable(path: path, code: errno) }
            defer { unlink(partial) }
            try Data(bytes).write(to: URL(fileURLWithPath: partial))
            guard rename(partial, path) == 0 else { throw ModelError.unwritable(path: path, code: errno) }
        } catch let error as ModelError {
            throw error
        } catch {
            throw .unwritable(path: path, code: Self.code(of: error))
        }
    }

    /// The system's number behind an error of Foundation; EIO where it tells none.
    private static func code(of error: any Error) -> Int32 {
        let outer = error as NSError
        let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError
        if let inner, inner.domain == NSPOSIXErrorDomain { return Int32(truncatingIfNeeded: inner.code) }
        switch CocoaError.Code(rawValue: outer.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: return ENOENT
        case .fileWriteNoPermission: return EACCES
        case .fileWriteOutOfSpace: return ENOSPC
        case .fileWriteVolumeReadOnly: return EROFS
        default: return EIO
        }
    }
}
