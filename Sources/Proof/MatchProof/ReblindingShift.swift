import Commitments
import Ristretto255
import Statement
import Transcript

extension HedgedRandomness {
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
