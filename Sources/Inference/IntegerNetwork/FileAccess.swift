import Encoding
import Glibc
import Models

/// Reading files whose size is not trusted, and writing files whole.
package enum FileAccess {
    /// Reads a regular file; `path` may be a link to one.
    package static func read(_ path: String, maximumBytes: Int) throws(ModelError) -> [UInt8] {
        try RegularFile(path).contents(maximumBytes: maximumBytes)
    }

    /// Replaces the file atomically: whoever opens it finds the old one or the new one, whole. A file that is there keeps its
    /// permissions, a new one has those of the process's mask.
    ///
    /// - Parameter isSecret: only its owner may read it, from its first byte on.
    package static func write(_ bytes: [UInt8], to path: String, isSecret: Bool = false) throws(ModelError) {
        let partial = "\(path).\(UInt64.random(in: 0 ... .max))"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = open(partial, flags, isSecret ? 0o600 : 0o666)
        guard descriptor >= 0 else { throw .unwritable(path: path, code: errno) }
        var present = stat()
        if !isSecret, stat(path, &present) == 0 { fchmod(descriptor, present.st_mode & 0o777) }
        let failure = bytes.withUnsafeBytes { FileBytes.store($0, to: descriptor) }
        close(descriptor)
        guard failure == nil, rename(partial, path) == 0 else {
            let code = failure ?? errno
            unlink(partial)
            throw .unwritable(path: path, code: code)
        }
    }
}
