import CServiceSupport
import Glibc
import NIOCore

/// A process held by a pidfd (pidfd_open(2)), so that its pid can be believed: as long as the process lives, no other one
/// has got its pid. What was read by the pid is therefore this process's only if ``isAlive`` says so *afterwards*.
public final class PeerProcess: Sendable {
    /// In this process's PID namespace; positive.
    public let pid: Int32
    private let descriptor: Int32

    /// - Parameter descriptor: a pidfd of `pid`; this value closes it.
    init(pid: Int32, descriptor: Int32) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// The process that has this pid now; nil if there is none.
    public convenience init?(pid: Int32) {
        guard pid > 0 else { return nil }
        let descriptor = semblance_pidfd_open(pid)
        guard descriptor >= 0 else { return nil }
        self.init(pid: pid, descriptor: descriptor)
    }

    deinit {
        close(descriptor)
    }

    /// Whether the process has not ended yet. A pidfd becomes readable when it has.
    public var isAlive: Bool {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&query, 1, 0) == 0
    }

    /// The peer of an accepted Unix socket: by `SO_PEERPIDFD`, which names the process that connected; before Linux 6.5
    /// by its pid, which another process could have got in the moment since. Nil when it has gone.
    ///
    /// - Parameters:
    ///   - pid: of the peer's credentials; 0 for a process of another PID namespace.
    ///   - option: another one for tests of kernels that have not got it.
    static func ofPeer(
        _ channel: any SocketOptionProvider,
        pid: Int32,
        option: Int32 = semblance_so_peerpidfd
    ) -> EventLoopFuture<PeerProcess?> {
        let descriptor: EventLoopFuture<Int32> = channel.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: option)
        )
        return descriptor.map { descriptor -> PeerProcess? in
            guard pid > 0 else {
                close(descriptor)
                return nil
            }
            return PeerProcess(pid: pid, descriptor: descriptor)
        }.flatMapErrorThrowing { error -> PeerProcess? in
            guard (error as? IOError)?.errnoCode == ENOPROTOOPT else { return nil }
            return PeerProcess(pid: pid)
        }
    }
}

/// Who is at the other end of a Unix socket, as the kernel noted it when the connection was made (`SO_PEERCRED`); or whom a
/// proxy there has named.
public struct PeerCredentials: Sendable, Hashable {
    /// Effective uid.
    public let uid: UInt32
    /// Effective gid; supplementary groups are not known.
    public let gid: UInt32
    /// For log messages only: a pid may be another process by now. ``process`` says whether it is.
    public let pid: Int32
    /// The process that connected, held for the life of the connection; nil at a client's end, and where the process
    /// had gone before the connection was accepted.
    public let process: PeerProcess?
    /// The user of the service that speaks for this process (``ProxyRule``); nil for one that has connected itself.
    public let proxy: UInt32?

    public init(uid: UInt32, gid: UInt32, pid: Int32, process: PeerProcess? = nil, proxy: UInt32? = nil) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.process = process
        self.proxy = proxy
    }

    public static func == (left: PeerCredentials, right: PeerCredentials) -> Bool {
        left.uid == right.uid && left.gid == right.gid && left.pid == right.pid && left.proxy == right.proxy
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(uid)
        hasher.combine(gid)
        hasher.combine(pid)
        hasher.combine(proxy)
    }
}
