/// Whom a challenge was issued to; only the same may answer it.
enum Binding: Equatable, Sendable {
    /// One local connection, 32 random bytes.
    case connection([UInt8])
    /// A remote client's Ed25519 key, 32 bytes.
    case clientKey([UInt8])

    var kind: String {
        switch self {
        case .connection: "connection"
        case .clientKey: "clientKey"
        }
    }

    var key: [UInt8] {
        switch self {
        case .connection(let key), .clientKey(let key): key
        }
    }

    init?(kind: String, key: [UInt8]) {
        switch kind {
        case "connection": self = .connection(key)
        case "clientKey": self = .clientKey(key)
        default: return nil
        }
    }
}
