import Commitments
import MatchProof
import Models
import Ristretto255
import Sodium
import Statement

/// What a busy verifier does: many proofs at once, decoded and verified.
enum VerifierBatch {
    /// - Throws: the first failure.
    static func check(
        _ envelope: [UInt8],
        times: Int,
        verifierKey: VerifyingKey,
        model: PublishedModel? = nil
    ) throws {
        let batch = try (0..<times).map { _ in
            MatchVerifier.Submission(
                try ProofEnvelope(decoding: envelope) { $0 == model?.identity ? model : nil },
                verifierKey: verifierKey,
                sensorKey: nil
            )
        }
        for result in MatchVerifier().verify(batch: batch) { _ = try result.get() }
    }
}

/// The proofs of a life cycle at assurance `match`, 128 dimensions.
enum MatchBenchmarks {
    private static let dimension = 128

    static func run(_ stopwatch: Stopwatch, reference: Double) throws -> [Measurement] {
        let verifierKey = SigningKey()
        var randomness = SystemRandom()
        let person = (0..<dimension).map { _ in Int16.random(in: -60...60, using: &randomness) }
        func sample() throws -> EmbeddingOpening {
            try EmbeddingOpening(
                committing: person.map { max(-127, min(127, $0 + Int16.random(in: -8...8, using: &randomness))) }
            )
        }

        let commit = try stopwatch.median { _ = try sample() }
        var measurements = [Measurement("commit an embedding", seconds: commit, reference: reference)]

        var template: TemplateOpening?
        for (role, samples) in [(Role.enrol, 3), (.authenticate, 1), (.reblind, 1)] {
            let challenge = SignedChallenge(
                signing: try challenge(role, samples, template?.commitment, verifierKey.publicKey.bytes),
                with: verifierKey
            )
            let openings = try (0..<samples).map { _ in
                CommittedSample(opening: try sample(), attestation: nil)
            }
            var output: MatchProver.Output?
            let recorded = role.usesTemplate ? template : nil
            let prove = try stopwatch.median {
                output = try MatchProver().prove(challenge, samples: openings, template: recorded)
            }
            guard let output else { continue }
            let verify = try stopwatch.median {
                _ = try MatchVerifier().verify(
                    ProofEnvelope(decoding: output.envelope),
                    verifierKey: verifierKey.publicKey,
                    sensorKey: nil
                )
            }
            let name = role == .enrol ? "match, enrol \(samples) samples" : "match, \(role.name)"
            measurements.append(
                Measurement("\(name), prove", seconds: prove, reference: reference, byteCount: output.envelope.count)
            )
            measurements.append(Measurement("\(name), verify", seconds: verify, reference: reference))
            if role == .enrol { template = output.newTemplate }
            guard role == .authenticate else { continue }
            let batch = try stopwatch.median {
                try VerifierBatch.check(output.envelope, times: 64, verifierKey: verifierKey.publicKey)
            }
            measurements.append(
                Measurement("\(name), verify in a batch of 64, each", seconds: batch / 64, reference: reference)
            )
        }
        return measurements
    }

    private static func challenge(
        _ role: Role,
        _ samples: Int,
        _ template: CompressedRistretto?,
        _ verifierKey: [UInt8]
    ) throws -> Challenge {
        try Challenge(
            role: role,
            modality: .fingerprint,
            assurance: .match,
            audience: "bench",
            verifierKey: verifierKey,
            purpose: "bench",
            subject: "bench",
            label: "default",
            nonce: SecureRandom.bytes(32),
            clientKey: [UInt8](repeating: 0, count: 32),
            template: role.usesTemplate ? template : nil,
            epoch: role == .enrol ? 0 : 1,
            model: [UInt8](repeating: 0, count: 32),
            dimension: dimension,
            threshold: 32_768,
            minimumNorm: 32_768,
            samples: samples,
            issuedAt: 1,
            expiresAt: 61
        )
    }
}
