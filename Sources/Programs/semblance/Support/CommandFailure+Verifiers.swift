import Interfaces
import ServiceSupport
import Sodium

/// The words for a verifier that is not the one it should be.
extension CommandFailure {
    /// For `ChallengeMismatch`: the challenge is not about what was asked for.
    init(_ mismatch: ChallengeExpectation.Mismatch) {
        let (expected, found) = (mismatch.expected, mismatch.found)
        switch mismatch.field {
        case "origin":
            self.init(
                .refused,
                "the verifier at \(expected) sent a challenge of another one, which you know at \(found)",
                hint:
                    "it may be an attempt to log in there in your name; if the verifier has moved, see \"verifiers\" in "
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
    init(changedKeyOf audience: String, at origin: Origin, from pinned: [UInt8], to offered: [UInt8]) {
        self.init(
            .refused,
            "the verifier \(audience) at \(origin.text) has another key than before: \(Hexadecimal.encode(offered)), "
                + "not \(Hexadecimal.encode(pinned))",
            hint:
                "ask its administrator whether the new key is right; if so, 'semblance revoke --local-only --audience "
                + "\(audience)' for each enrolment that 'semblance list' shows there, and enrol again"
        )
    }

    private static let words = [
        "role": "to", "purpose": "for", "subject": "about", "samples": "samples:", "label": "label", "modality": "by",
        "verifierKey": "signed by",
    ]
}
