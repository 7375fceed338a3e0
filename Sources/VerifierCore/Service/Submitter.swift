import ServiceSupport

/// Who hands in a proof.
public enum Submitter: Sendable {
    /// A peer on the Unix socket: its connection, and its uid as the kernel told it (`SO_PEERCRED`).
    case local(connection: ConnectionIdentity, uid: UInt32)
    /// A client over HTTP: where it believes to be (nil for what is no origin), its signature over that and the proof (64
    /// bytes, see `ClientSignature`), its address for the log.
    case remote(origin: Origin?, clientSignature: [UInt8], address: String)

    var origin: String {
        switch self {
        case .local(_, let uid): "uid:\(uid)"
        case .remote(_, _, let address): "addr:\(address)"
        }
    }
}
