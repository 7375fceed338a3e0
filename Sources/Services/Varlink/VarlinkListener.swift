import CServiceSupport
import Glibc

/// A listening Unix socket: one that the service manager passed, or one bound to a path.
public struct VarlinkListener: Sendable {
    /// Why a socket could not be made.
    public enum Failure: Error, Equatable {
        /// Not absolute, or longer than 107 bytes.
        case unusablePath(String)
        /// Something that is not a socket is at the path.
        case pathOccupied(String)
        /// Another process answers at the path.
        case alreadyServed(String)
        /// The system call failed with this errno.
        case system(path: String, call: String, code: Int32)
        /// The descriptor is not a listening Unix stream socket.
        case notListening(Int32)
    }

    let descriptor: CInt
    private let created: (path: String, device: UInt64, inode: UInt64)?

    /// Takes over a listening Unix stream socket, as socket activation passes it.
    public init(inherited descriptor: CInt) throws(Failure) {
        guard semblance_is_listening_unix_stream(descriptor) == 1 else { throw .notListening(descriptor) }
        self.descriptor = descriptor
        self.created = nil
    }

    /// Binds a socket at `path` with exactly `mode` (0o666 where every user may connect). A socket that a dead process
    /// left behind is replaced. The path is removed again when the server stops.
    public init(path: String, mode: UInt32) throws(Failure) {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard path.hasPrefix("/"), !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .unusablePath(path)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        try Self.clear(path, address)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(path: path, call: "socket", code: errno) }
        // fchmod before bind gives the file its mode from the start; the umask can only narrow it.
        _ = fchmod(descriptor, mode)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var info = stat()
        guard bound == 0, lstat(path, &info) == 0, chmod(path, mode) == 0, listen(descriptor, 128) == 0 else {
            let code = errno
            close(descriptor)
            throw .system(path: path, call: "bind", code: code)
        }
        self.descriptor = descriptor
        self.created = (path, UInt64(info.st_dev), UInt64(info.st_ino))
    }

    /// Removes the path if it is still the socket that this value bound.
    func removePath() {
        guard let created else { return }
        var info = stat()
        guard lstat(created.path, &info) == 0, UInt64(info.st_dev) == created.device,
            UInt64(info.st_ino) == created.inode
        else { return }
        unlink(created.path)
    }

    private static func clear(_ path: String, _ address: sockaddr_un) throws(Failure) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else { throw .pathOccupied(path) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw .system(path: path, call: "socket", code: errno) }
        defer { close(probe) }
        var address = address
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected != 0, errno == ECONNREFUSED else { throw .alreadyServed(path) }
        guard unlink(path) == 0 else { throw .system(path: path, call: "unlink", code: errno) }
    }
}

extension VarlinkListener.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusablePath(let path): "the socket's path '\(path)' is not absolute, or longer than 107 bytes"
        case .pathOccupied(let path): "\(path) is there, and is no socket"
        case .alreadyServed(let path): "another process serves \(path)"
        case .system(let path, let call, let code):
            "cannot make the socket \(path): \(call): \(String(cString: strerror(code)))"
        case .notListening(let descriptor):
            "descriptor \(descriptor), which the service manager passed, is not a listening Unix stream socket"
        }
    }
}
