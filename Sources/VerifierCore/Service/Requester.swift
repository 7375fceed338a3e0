/// Who asks for a challenge, a list or a revocation.
public enum Requester: Sendable {
    /// A peer on the Unix socket: its connection, and its uid as the kernel told it (`SO_PEERCRED`).
    case local(connection: ConnectionIdentity, uid: UInt32)
    /// A client over HTTP: its Ed25519 key (32 bytes), its address for the log.
    case remote(clientKey: [UInt8], address: String)
    /// Whoever presented the administrator's bearer token, or works on the database directly.
    case administrator

    /// How the audit table names the requester.
    var origin: String {
        switch self {
        case .local(_, let uid): "uid:\(uid)"
        case .remote(_, let address): "addr:\(address)"
        case .administrator: "administrator"
        }
    }
}
