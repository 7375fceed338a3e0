/// Who is at the other end of a Unix socket, as the kernel noted it when the connection was made (`SO_PEERCRED`).
public struct PeerCredentials: Sendable, Hashable {
    public let uid: UInt32
    public let gid: UInt32
    /// For log messages only: a pid may be another process by now. ``process`` says whether it is.
    public let pid: Int32
    /// The process that connected, held for the life of the connection; nil at a client's end, and where the process
    /// had gone before the connection was accepted.
    public let process: PeerProcess?

    public init(uid: UInt32, gid: UInt32, pid: Int32, process: PeerProcess? = nil) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.process = process
    }

    public static func == (left: PeerCredentials, right: PeerCredentials) -> Bool {
        left.uid == right.uid && left.gid == right.gid && left.pid == right.pid
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(uid)
        hasher.combine(gid)
        hasher.combine(pid)
    }
}
