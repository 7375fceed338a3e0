import Foundation
import GRDB

/// Where an enrolment may be used: it serves at the place where it was made, and nowhere else.
public enum EnrolledDevice: Equatable, Sendable {
    /// Made on the Unix socket; only local callers are asked about it.
    case local
    /// Made over HTTP before records named their device: it serves any, until the first login that it accepts binds it
    /// to that login's device.
    case unbound
    /// Made over HTTP by the holder of this Ed25519 key, 32 bytes; only he is asked about it.
    case key([UInt8])

    /// The column: NULL, empty, or the key.
    var databaseValue: Data? {
        switch self {
        case .local: nil
        case .unbound: Data()
        case .key(let key): Data(key)
        }
    }

    /// Nil for bytes that are no key.
    init?(databaseValue: Data?) {
        switch databaseValue?.count {
        case nil: self = .local
        case 0: self = .unbound
        case 32: self = .key([UInt8](databaseValue ?? Data()))
        default: return nil
        }
    }
}
