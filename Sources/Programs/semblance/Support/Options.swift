import ArgumentParser

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
