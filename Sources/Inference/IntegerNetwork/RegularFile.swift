import Glibc
import Models

/// A regular file that is open for reading.
///
/// What it is is asked of the open descriptor: between a look at a path and its opening somebody could put a FIFO or a
/// device there, which would hang whoever reads it.
package struct RegularFile: ~Copyable {
    /// Tells one state of a file from another: replacing or writing it changes one of these.
    package struct Identity: Hashable, Sendable {
        /// `st_dev`.
        package let device: UInt64
        /// `st_ino`.
        package let inode: UInt64
        /// In bytes, when the file was opened.
        package let size: Int64
        /// When it was last written: seconds since 1970-01-01 00:00 UTC.
        package let seconds: Int
        /// The rest of that time, below 10^9.
        package let nanoseconds: Int
    }

    /// As it was given; for errors.
    package let path: String
    /// As the descriptor had it when the file was opened.
    package let identity: Identity
    private let descriptor: Int32

    /// - Parameter followsLinks: whether `path` may be a symbolic link.
    /// - Throws: `unreadable` or `notAFile`.
    package init(_ path: String, followsLinks: Bool = true) throws(ModelError) {
        guard !path.utf8.contains(0) else { throw .unreadable(path: path, code: ENOENT) }
        let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else {
            let code = errno
            // A link that is not followed, or a socket.
            throw code == ELOOP || code == ENXIO ? .notAFile(path: path) : .unreadable(path: path, code: code)
        }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(path: path)
        }
        self.path = path
        self.descriptor = descriptor
        identity = Identity(
            device: UInt64(info.st_dev),
            inode: UInt64(info.st_ino),
            size: Int64(info.st_size),
            seconds: info.st_mtim.tv_sec,
            nanoseconds: info.st_mtim.tv_nsec
        )
    }

    deinit {
        close(descriptor)
    }

    /// All of it.
    ///
    /// - Throws: `tooLarge` if it is longer, or `unreadable`.
    package borrowing func contents(maximumBytes: Int) throws(ModelError) -> [UInt8] {
        guard identity.size <= maximumBytes else { throw .tooLarge }
        // Files grow: one byte more than the size says is asked for.
        let bytes = try contents(from: 0, count: Int(identity.size) + 1)
        guard bytes.count <= identity.size else { throw .tooLarge }
        return bytes
    }

    /// `count` bytes from `offset` on, or as many as there are.
    ///
    /// - Throws: `unreadable`.
    package borrowing func contents(from offset: Int, count: Int) throws(ModelError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let received = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
            }
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw .unreadable(path: path, code: errno) }
            if received == 0 { break }
            filled += received
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}
