import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// People, samples and challenges for the tests, from a deterministic generator where that does no harm.
struct Fixture {
    let dimension: Int
    let verifier = SigningKey()
    let sensor = SigningKey()
    private var generator: SplitMix64

    init(dimension: Int = 128, seed: UInt64 = 1) {
        self.dimension = dimension
        generator = SplitMix64(state: seed)
    }

    /// A random direction with entries of a calibrated embedding's size.
    mutating func person() -> [Int16] {
        (0..<dimension).map { _ in Int16(truncatingIfNeeded: Int.random(in: -60...60, using: &generator)) }
    }

    /// The same person, seen again.
    mutating func sample(of person: [Int16], noise: Int = 8) -> [Int16] {
        person.map { entry in
            let value = Int(entry) + Int.random(in: -noise...noise, using: &generator)
            return Int16(truncatingIfNeeded: max(-127, min(127, value)))
        }
    }

    func challenge(
        _ role: Role,
        template: CompressedRistretto? = nil,
        samples: Int = 1,
        threshold: UInt16 = 32768,
        minimumNorm: UInt32? = nil,
        previous: PreviousModel? = nil,
        modify: (inout Challenge) -> Void = { _ in }
    ) throws -> SignedChallenge {
        var challenge = try Challenge(
            role: role,
            modality: .fingerprint,
            assurance: .match,
            audience: "verifier.test",
            verifierKey: verifier.publicKey.bytes,
            purpose: "login",
            subject: "alice",
            label: "right-index",
            nonce: SecureRandom.bytes(32),
            clientKey: Array(repeating: 0, count: 32),
            template: template,
            epoch: role == .enrol ? 0 : 3,
            model: Array(repeating: 7, count: 32),
            dimension: dimension,
            threshold: threshold,
            minimumNorm: minimumNorm ?? UInt32(10 * dimension),
            samples: samples,
            issuedAt: 1_700_000_000,
            expiresAt: 1_700_000_060,
            previous: previous
        )
        modify(&challenge)
        return SignedChallenge(signing: challenge, with: verifier)
    }

    func attest(_ opening: EmbeddingOpening, _ challenge: SignedChallenge) -> CommittedSample {
        CommittedSample(
            opening: opening,
            attestation: SensorAttestation.sign(
                challenge: challenge,
                time: 1_700_000_010,
                rows: [opening.commitment],
                with: sensor
            )
        )
    }

    /// Proves with attested samples.
    func prove(
        _ challenge: SignedChallenge,
        _ samples: [[Int16]],
        template: TemplateOpening? = nil
    ) throws -> MatchProver.Output {
        try MatchProver().prove(
            challenge,
            samples: samples.map { attest(try EmbeddingOpening(committing: $0), challenge) },
            template: template
        )
    }

    /// Enrols one person from `count` samples.
    mutating func enrol(_ person: [Int16], count: Int = 3) throws -> TemplateOpening {
        let challenge = try challenge(.enrol, samples: count)
        let output = try prove(challenge, (0..<count).map { _ in sample(of: person) })
        return try #require(output.newTemplate)
    }

    func verify(_ envelope: [UInt8], sensorKey: VerifyingKey? = nil) throws -> VerifiedProof {
        try MatchVerifier().verify(
            ProofEnvelope(decoding: envelope),
            verifierKey: verifier.publicKey,
            sensorKey: sensorKey
        )
    }
}

/// A small deterministic generator for test data.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
