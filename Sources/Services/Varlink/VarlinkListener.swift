import CServiceSupport
import Glibc
import Logging
import NIOCore

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

/// Holds accepting back for a second when the kernel refuses it (EMFILE, ENFILE, ENOMEM): the listening socket stays
/// readable meanwhile, and a loop that asks again at once would do nothing else.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let logger: Logger
    private let pause: TimeAmount
    private var isPausing = false

    /// - Parameter pause: how long nothing is accepted after a failure.
    package init(logger: Logger, pause: TimeAmount = .seconds(1)) {
        self.logger = logger
        self.pause = pause
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else {
            context.fireErrorCaught(error)
            return
        }
        guard !isPausing else { return }
        isPausing = true
        logger.warning("connections cannot be accepted", metadata: ["error": "\(error)"])
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Taking back `autoRead` is what takes the descriptor out of the poll.
        channel.setOption(.autoRead, value: false).whenComplete { [pause] _ in
            channel.eventLoop.scheduleTask(in: pause) {
                bound.value.isPausing = false
                channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            }
        }
    }
}

/// Whether a socket path can be believed.
public enum SocketPath {
    /// Checks that nobody but root and the users in `owners` can put a socket of their own at `path`: it is absolute,
    /// no component is a symbolic link or `..`, every directory on the way belongs to root or an owner and is not
    /// writable by others (unless sticky), and the socket itself is one and belongs to root or an owner.
    public static func check(_ path: String, owners: Set<UInt32>) throws(VarlinkClientError) {
        guard path.hasPrefix("/") else { throw .unsafePath(path, reason: "not absolute") }
        let components = path.split(separator: "/").map(String.init)
        guard !components.isEmpty, !components.contains(".."), !path.utf8.contains(0) else {
            throw .unsafePath(path, reason: "not a plain path")
        }
        var current = ""
        var info = stat()
        guard lstat("/", &info) == 0, isTrusted(directory: info, owners) else {
            throw .unsafePath("/", reason: "writable by others")
        }
        for component in components.dropLast() {
            current += "/" + component
            guard lstat(current, &info) == 0 else { throw .cannotConnect("\(current) does not exist") }
            guard info.st_mode & S_IFMT == S_IFDIR else { throw .unsafePath(current, reason: "not a directory") }
            guard isTrusted(directory: info, owners) else {
                throw .unsafePath(current, reason: "others can replace what is in it")
            }
        }
        guard lstat(path, &info) == 0 else { throw .cannotConnect("\(path) does not exist") }
        guard info.st_mode & S_IFMT == S_IFSOCK else { throw .unsafePath(path, reason: "not a socket") }
        guard info.st_uid == 0 || owners.contains(info.st_uid) else {
            throw .unsafePath(path, reason: "belongs to uid \(info.st_uid)")
        }
    }

    private static func isTrusted(directory info: stat, _ owners: Set<UInt32>) -> Bool {
        let isSticky = info.st_mode & S_ISVTX != 0
        let isWritableByOthers = info.st_mode & (S_IWGRP | S_IWOTH) != 0
        return (info.st_uid == 0 || owners.contains(info.st_uid)) && (!isWritableByOthers || isSticky)
    }
}
