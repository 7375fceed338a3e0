import Ristretto255
import Transcript

/// Secrets that are drawn before a proof's transcript exists: from the operating system's generator, hedged with what
/// they protect, so that a repeated generator state never blinds two different values alike (attacks.md F15).
enum HedgedRandomness {
    /// The blinder of a row with these entries.
    static func rowBlinder(of values: [Int16], using system: inout some RandomNumberGenerator) -> Scalar {
        var builder = Transcript(label: "semblance row blinder v1").randomnessBuilder()
        values.withUnsafeBytes { builder.rekey("values", rawBytes: $0) }
        return builder.finalize(using: &system).scalar()
    }

    /// The difference between a template's old and new blinder.
    static func reblindingShift(
        of template: TemplateOpening,
        challenge: SignedChallenge,
        using system: inout some RandomNumberGenerator
    ) -> Scalar {
        var transcript = Transcript(label: "semblance reblinding shift v1")
        transcript.append("challenge", bytes: challenge.bytes)
        var builder = transcript.randomnessBuilder()
        template.blinder.withBytes { builder.rekey("blinder", rawBytes: $0) }
        return builder.finalize(using: &system).scalar()
    }
}
