import Varlink

/// The words for a verifier that is not the one it should be.
extension CommandFailure {
    /// For `ChallengeMismatch`: the challenge is not about what was asked for.
    init(mismatch parameters: [String: JSON]) {
        func text(_ name: String) -> String {
            if case .string(let value)? = parameters[name] { value } else { "?" }
        }
        let (expected, found) = (text("expected"), text("found"))
        switch text("field") {
        case "origin":
            self.init(
                .refused,
                "the verifier at \(expected) sent a challenge of another one, which you know at \(found)",
                hint: "it may be an attempt to log in there in your name; if the verifier has moved, see \"verifiers\" in "
                    + "semblanced's configuration"
            )
        case "audience":
            self.init(
                .refused,
                "the verifier says that it is \(found), but it is \(expected) that was asked",
                hint: "do not go on, unless its administrator confirms the name; see \"verifiers\" in semblanced's "
                    + "configuration"
            )
        case "clientKey":
            self.init(
                .refused,
                "the verifier sent a challenge that was issued to somebody else",
                hint: "it may be an attempt to log in in your name"
            )
        case "alternatives", "nonce", "issuedAt", "expiresAt":
            self.init(
                .refused,
                "the verifier sent challenges that do not belong together",
                hint: "do not go on before its administrator has explained it"
            )
        case let field:
            self.init(
                .refused,
                "the verifier sent a challenge for something else: \(Self.words[field] ?? field) \(found), "
                    + "not \(expected)",
                hint: "do not go on before its administrator has explained it"
            )
        }
    }

    /// For `VerifierKeyChanged`: both keys, and the way out.
    init(changedKey parameters: [String: JSON]) {
        func text(_ name: String) -> String {
            if case .string(let value)? = parameters[name] { value } else { "?" }
        }
        self.init(
            .refused,
            "the verifier \(text("audience")) at \(text("origin")) has another key than before: \(text("offered")), "
                + "not \(text("pinned"))",
            hint: "ask its administrator whether the new key is right; if so, 'semblance revoke --local-only --audience "
                + "\(text("audience"))' for each enrolment that 'semblance list' shows there, and enrol again"
        )
    }

    private static let words = [
        "role": "to", "purpose": "for", "subject": "about", "samples": "samples:", "label": "label", "modality": "by",
        "verifierKey": "signed by",
    ]
}
