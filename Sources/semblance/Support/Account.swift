import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Accounts of this machine.
enum Account {
    /// The name of the user who runs this program.
    static func current() throws -> String {
        guard let entry = getpwuid(getuid()) else {
            throw CommandFailure(.failure, "user \(getuid()) has no account name", hint: "name one with --user")
        }
        return String(cString: entry.pointee.pw_name)
    }

    /// The uid of a system user; nil where there is none.
    static func uid(of name: String) -> UInt32? {
        getpwnam(name).map { $0.pointee.pw_uid }
    }
}
