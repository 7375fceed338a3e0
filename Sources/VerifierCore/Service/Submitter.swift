/// Who hands in a proof.
public enum Submitter: Sendable {
    /// A peer on the Unix socket: its connection, and its uid as the kernel told it (`SO_PEERCRED`).
    case local(connection: ConnectionIdentity, uid: UInt32)
    /// A client over HTTP: its signature over the proof (64 bytes, see ``ClientSignature``), its address for the log.
    case remote(clientSignature: [UInt8], address: String)

    var origin: String {
        switch self {
        case .local(_, let uid): "uid:\(uid)"
        case .remote(_, let address): "addr:\(address)"
        }
    }
}
