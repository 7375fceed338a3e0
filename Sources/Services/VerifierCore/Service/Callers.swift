import ServiceSupport
import Sodium

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
        case .local(_, let uid): AuditEvent.origin(uid: uid)
        case .remote(_, let address): AuditEvent.origin(address: address)
        case .administrator: "administrator"
        }
    }
}

/// Who hands in a proof. Unlike a ``Requester``, a client over HTTP says here where it believes to be, and shows that it
/// holds its key; and an administrator makes no proofs.
public enum Submitter: Sendable {
    /// A peer on the Unix socket: its connection, and its uid as the kernel told it (`SO_PEERCRED`).
    case local(connection: ConnectionIdentity, uid: UInt32)
    /// A client over HTTP: where it believes to be (nil for what is no origin), its signature over that and the proof (64
    /// bytes, see `ClientSignature`), its address for the log.
    case remote(origin: Origin?, clientSignature: [UInt8], address: String)

    /// How the audit table names the submitter.
    var origin: String {
        switch self {
        case .local(_, let uid): AuditEvent.origin(uid: uid)
        case .remote(_, _, let address): AuditEvent.origin(address: address)
        }
    }
}

/// A name for one accepted local connection that no other connection has, not even one of another process.
public struct ConnectionIdentity: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// A random name.
    public init() {
        self.bytes = SecureRandom.bytes(32)
    }

    /// The name of the connection that a server counts as `number`.
    ///
    /// - Parameter serverKey: random bytes that the server drew when it started.
    init(number: UInt64, serverKey: SecretBytes) {
        self.bytes = Hash.blake2b(withUnsafeBytes(of: number.littleEndian) { Array($0) }, count: 32, key: serverKey)
    }
}
