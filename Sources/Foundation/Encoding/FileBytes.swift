import Glibc

/// What the system's calls on files leave to whoever makes them.
package enum FileBytes {
    /// Writes everything to a descriptor that blocks, however many calls it takes.
    ///
    /// - Returns: the system's number of what went wrong; nil where nothing did.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? EIO : errno }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return nil
    }

    /// As ``write(_:to:)``, and on the disk before it returns.
    package static func store(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        write(bytes, to: descriptor) ?? (fsync(descriptor) == 0 ? nil : errno)
    }

    /// Has the names in a directory on the disk. One that can't be opened, or is of a kind that can't do this, is left as it is.
    package static func syncDirectory(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension String {
    /// What a path names in its directory: its last part; of a path without any, the text itself.
    package var lastPathPart: String { split(separator: "/").last.map(String.init) ?? self }

    /// The directory that an absolute path's last part is in.
    package var parentPath: String { "/" + split(separator: "/").dropLast().joined(separator: "/") }
}
