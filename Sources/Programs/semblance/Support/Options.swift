import ArgumentParser
import Encoding
import Foundation
import ServiceSupport
import Sodium
import Statement

/// Where the daemons are.
struct ServiceOptions: ParsableArguments {
    /// Where the daemons of this machine are unless they are told otherwise.
    static let usualProver = "/run/semblance/prover"
    static let usualVerifier = "/run/semblance/verifier"

    @Option(help: ArgumentHelp("Socket of semblanced.", valueName: "path"))
    var prover = Self.usualProver

    @Option(
        help: ArgumentHelp(
            "Socket of the local verifier, or the URL of a remote one (https://..., http:// on loopback only).",
            valueName: "path-or-url"
        )
    )
    var verifier = Self.usualVerifier
}

/// Whose template, and which.
struct SubjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The account; yours unless named.", valueName: "name"), completion: .accounts)
    var user: String?

    @Option(help: "face or fingerprint.", completion: .modalities)
    var modality = "fingerprint"

    @Option(help: ArgumentHelp("Which finger or face setting.", valueName: "text"), completion: .labels)
    var label = "default"

    func validate() throws { try Self.check(user: user, modality: modality, label: label) }

    /// Refuses what cannot be a name as a mistake of usage.
    static func check(user: String?, modality: String?, label: String?) throws {
        let refusal =
            user.flatMap(NameRules.refusal(ofUser:)) ?? modality.flatMap(NameRules.refusal(ofModality:))
            ?? label.flatMap(NameRules.refusal(ofLabel:))
        if let refusal { throw ValidationError(refusal) }
    }

    func subject() throws -> String {
        try user ?? Account.current()
    }
}

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON document on standard output.")
    var json = false
}

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
