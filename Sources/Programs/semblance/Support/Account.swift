import Encoding
import Foundation
import ServiceSupport
import Sodium
import Statement

/// The account of the user who runs this program.
enum Account {
    /// Its name.
    static func current() throws -> String {
        guard let name = UserName.name(of: getuid()) else {
            throw CommandFailure(.failure, "user \(getuid()) has no account name", hint: "name one with --user")
        }
        if let reason = NameRules.refusal(ofUser: name) { throw CommandFailure(.notPermitted, reason) }
        return name
    }
}

/// What names may be, so that whoever mistypes one is told so before anything is asked of a daemon. The daemons decide.
enum NameRules {
    private static let longestLabel = 64
    private static let longestUser = 128

    /// Why that cannot be an account's name here; nil if it can.
    static func refusal(ofUser name: String) -> String? {
        if name.isEmpty { return "the account's name is empty" }
        if name.utf8.count > longestUser { return "an account's name has at most \(longestUser) bytes" }
        if UserName.isDigitsOnly(name) {
            return "an account's name of digits only (\(name)) is not accepted: it could be taken for a uid"
        }
        return DisplayName.isHarmless(name) ? nil : "an account's name has no control characters"
    }

    static func refusal(ofModality name: String) -> String? {
        guard Modality(name: name) == nil else { return nil }
        return "the modality is face or fingerprint, not '\(DisplayName.isHarmless(name) ? name : "...")'"
    }

    static func refusal(ofLabel label: String) -> String? {
        if label.isEmpty { return "the label is empty" }
        if label.utf8.count > longestLabel {
            return "a label has at most \(longestLabel) bytes, not \(label.utf8.count)"
        }
        return DisplayName.isHarmless(label) ? nil : "a label has no line feeds or other control characters"
    }
}
