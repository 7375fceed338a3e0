import ServiceSupport

/// Why the vault does not do what it was asked to. Nothing was changed or lost, whichever case it is.
public enum VaultError: Error, Equatable, Sendable {
    /// The directory or a file in it is not as it must be.
    case file(FileError)
    /// The key file does not open this vault.
    case wrongKey
    /// There is a vault, and neither a credential nor a key file.
    case keyGone
    /// The database belongs to another program.
    case foreignDatabase
    /// The database was written by a newer version, or its version number was tampered with.
    case unsupportedSchema(version: Int)
    /// The database file is damaged.
    case corrupt
    /// A sealed template, or what it is bound to, was altered.
    case brokenSeal(label: String)
    case diskFull
    /// Another process has the vault open for writing.
    case busy
    /// SQLite's extended result code.
    case database(code: Int32)
    /// A clock cannot be read.
    case clock
    case notEnrolled
    case alreadyEnrolled
    case noPendingTemplate
    /// The template has been refreshed as often as it may be.
    case refreshLimit
    /// Another try is possible after that many seconds; nil: not at all until a new enrolment.
    case lockedOut(retryAfterSeconds: Int?)

    /// What the administrator can do about it, without any detail that is not his to know.
    public var hint: String {
        switch self {
        case .file(let error): return error.description
        case .wrongKey: return "the vault key does not belong to this vault; restore the right key file or credential"
        case .keyGone: return "the vault's key is gone; 'semblance key status', run as root, says where it should be"
        case .foreignDatabase: return "the vault's database file belongs to another program; nothing was changed"
        case .unsupportedSchema(let version):
            return "the vault has schema version \(version), which this program does not know; use the newer program"
        case .corrupt:
            return "the vault's database is damaged; restore it from a backup or enrol again; nothing was deleted"
        case .brokenSeal(let label):
            return "the sealed template \"\(label)\" was altered or damaged; restore the vault, or enrol again"
        case .diskFull: return "no space left for the vault; free some and try again; the old state is intact"
        case .busy: return "another process is using the vault"
        case .database(let code): return "the vault's database failed with SQLite code \(code)"
        case .clock: return "the system's clock cannot be read"
        case .notEnrolled: return "no such enrolment"
        case .alreadyEnrolled: return "there is such an enrolment already"
        case .noPendingTemplate: return "no template is waiting for this receipt"
        case .refreshLimit: return "this template was refreshed as often as it may be; enrol again"
        case .lockedOut: return "too many failures"
        }
    }
}

extension VaultError: CustomStringConvertible {
    public var description: String { hint }
}
