/// Who is at the other end of a Unix socket, as the kernel noted it when the connection was made (`SO_PEERCRED`).
public struct PeerCredentials: Sendable, Hashable {
    public let uid: UInt32
    public let gid: UInt32
    /// For log messages only: a pid may be another process by now.
    public let pid: Int32

    public init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }
}
