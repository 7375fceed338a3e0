import Sodium
import Statement

extension Challenge {
    /// Everything that a client sees but what is new each time: nonce, times, and the key it gave itself.
    var decoyFields: String {
        [
            "\(role)", "\(modality)", "\(assurance)", audience, purpose, subject, label,
            Hexadecimal.encode(template?.bytes ?? []), "\(epoch)", Hexadecimal.encode(model), "\(dimension)",
            "\(threshold)", "\(minimumNorm)", "\(samples)", "\(expiresAt - issuedAt)",
            previous.map { Hexadecimal.encode($0.identity) } ?? "-",
        ].joined(separator: "|")
    }
}
