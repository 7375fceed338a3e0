import Ristretto255
import Transcript

/// Secrets that are drawn before a proof's transcript exists: from the operating system's generator, hedged with what
/// they protect, so that a repeated generator state never blinds two different values alike (attacks.md F15).
package enum HedgedRandomness {
    /// The blinder of a row with these entries.
    package static func rowBlinder(of values: [Int16], using system: inout some RandomNumberGenerator) -> Scalar {
        var builder = Transcript(label: "semblance row blinder v1").randomnessBuilder()
        values.withUnsafeBytes { builder.rekey("values", rawBytes: $0) }
        return builder.finalize(using: &system).scalar()
    }
}
