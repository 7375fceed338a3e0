import Commitments
import MatchProof
import Sodium
import Statement
import Testing

/// A prover and its sensor, with real proofs: one "person" is a random vector, a sample of him that vector with noise.
final class TestProver {
    let sensor = SigningKey()
    private let person: [Int16]
    private var random = SystemRandom()
    private(set) var template: TemplateOpening?

    init(person: [Int16]? = nil) {
        var random = SystemRandom()
        self.person = person ?? (0..<128).map { _ in Int16.random(in: -100...100, using: &random) }
    }

    private func sample(for challenge: SignedChallenge, isAttested: Bool) throws -> CommittedSample {
        let values = person.map { max(-127, min(127, $0 + Int16.random(in: -20...20, using: &random))) }
        let opening = try EmbeddingOpening(committing: values)
        let attestation = SensorAttestation.sign(
            challenge: challenge,
            time: challenge.challenge.issuedAt,
            rows: [opening.commitment],
            with: sensor
        )
        return CommittedSample(opening: opening, attestation: isAttested ? attestation : nil)
    }

    /// The proof that answers `challenge`, and the template that an accepting verifier records.
    func prove(_ challenge: [UInt8], isAttested: Bool = true) throws -> (proof: [UInt8], template: TemplateOpening?) {
        let signed = try SignedChallenge(decoding: challenge)
        var samples: [CommittedSample] = []
        for _ in 0..<signed.challenge.samples { samples.append(try sample(for: signed, isAttested: isAttested)) }
        let output = try MatchProver().prove(
            signed,
            samples: samples,
            template: signed.challenge.role.usesTemplate ? template : nil
        )
        return (output.envelope, output.newTemplate)
    }

    /// What the prover does on a receipt.
    func commit(_ template: TemplateOpening?, _ receipt: [UInt8]) throws {
        let receipt = try SignedReceipt(decoding: receipt).receipt
        #expect(receipt.template == template?.commitment)
        self.template = template
    }
}
