import Foundation
import ServiceSupport

/// The account of the user who runs this program.
enum Account {
    /// Its name.
    static func current() throws -> String {
        guard let name = UserName.name(of: getuid()) else {
            throw CommandFailure(.failure, "user \(getuid()) has no account name", hint: "name one with --user")
        }
        return name
    }
}
