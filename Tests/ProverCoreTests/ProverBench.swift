import Commitments
import Encoding
import Foundation
import IntegerNetwork
import Interfaces
import Logging
import MatchProof
import Models
import Presence
import Ristretto255
import SensorClient
import ServiceSupport
import Sodium
import Statement
import Synchronization
import Testing
import Varlink
import Vault

@testable import ProverCore

/// A sensor that a test tells what to see.
final class ScriptedSensor: SampleSource {
    struct Script {
        /// Embeddings of the next captures; the last one is repeated.
        var embeddings: [[Int16]] = []
        /// What is in front of the sensor; nil: whatever the first challenge is about.
        var modality: Modality?
        var failure: SampleFailure?
        var delay: Duration = .zero
        var captures = 0
        /// Captures that were cancelled while they waited.
        var cancelled = 0
        /// How often it was asked what it is.
        var asked = 0
        /// The challenges of the last capture.
        var seen: [Challenge] = []
        /// It has hung: it answers nothing, not even what it is.
        var hangs = false
    }

    let script = Mutex(Script())
    let key = SigningKey()
    let modalities: [Modality]
    let seat: String?

    init(_ modalities: [Modality] = Modality.allCases, seat: String? = nil) {
        (self.modalities, self.seat) = (modalities, seat)
    }

    func info(within limit: Duration) async throws(SampleFailure) -> SensorInfo {
        if script.withLock({ $0.hangs }) { try await wait(.seconds(600)) }
        script.withLock { $0.asked += 1 }
        return SensorInfo(kind: "scripted", modalities: modalities.map(\.name), models: ["00"], seat: seat)
    }

    func publicKey(audience: String, verifierKey: [UInt8]) async throws(SampleFailure) -> [UInt8] {
        key.publicKey.bytes
    }

    func capture(
        _ challenges: [SignedChallenge],
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [CapturedSample] {
        let (values, shown, failure, delay) = script.withLock { script in
            defer { script.captures += 1 }
            script.seen = challenges.map(\.challenge)
            let values = script.embeddings.count > 1 ? script.embeddings.removeFirst() : script.embeddings.first
            return (values ?? [], script.modality, script.failure, script.delay)
        }
        if delay > .zero { try await wait(delay) }
        if let failure { throw failure }
        let modality = shown ?? challenges[0].challenge.modality
        var captured: [CapturedSample] = []
        for (place, challenge) in challenges.enumerated() where challenge.challenge.modality == modality {
            captured.append(CapturedSample(challenge: place, samples: try samples(challenge, models, values)))
        }
        guard !captured.isEmpty else { throw .poorSample(advice: "nothing of this modality") }
        return captured
    }

    private func wait(_ delay: Duration) async throws(SampleFailure) {
        do {
            try await Task.sleep(for: delay)
        } catch {
            script.withLock { $0.cancelled += 1 }
            throw .cancelled
        }
    }

    private func samples(
        _ challenge: SignedChallenge,
        _ models: [EmbeddingModel],
        _ values: [Int16]
    ) throws(SampleFailure) -> [CommittedSample] {
        if let model = models.first, let start = model.published.startBlock(at: challenge.challenge.assurance) {
            return [try run(model, from: start, values, challenge)]
        }
        // Of an upgrade, the previous model gives the same embedding.
        var openings: [EmbeddingOpening] = []
        for _ in challenge.challenge.role == .upgrade ? [0, 1] : [0] {
            guard let opening = try? EmbeddingOpening(committing: values) else { throw .unavailable(hint: "script") }
            openings.append(opening)
        }
        let attestation = SensorAttestation.sign(
            challenge: challenge,
            time: challenge.challenge.issuedAt,
            blocks: openings.map {
                let shape = TensorShape(channels: 1, height: 1, width: $0.values.count)
                return SensorAttestation.Block(shape: shape, rows: [$0.commitment])
            },
            with: key
        )
        return openings.map { CommittedSample(opening: $0, attestation: attestation) }
    }

    /// A sample of a block, not of an embedding.
    private func run(
        _ model: EmbeddingModel,
        from start: Int,
        _ values: [Int16],
        _ challenge: SignedChallenge
    ) throws(SampleFailure) -> CommittedSample {
        let description = model.published.description
        guard let block = try? StartOpening(committing: values, description: description, start: start),
            let trace = try? model.traceValues(from: start, values),
            let opening = try? EmbeddingOpening(committing: trace.blocks.last ?? [])
        else { throw .unavailable(hint: "script") }
        let attestation = SensorAttestation.sign(
            challenge: challenge,
            time: challenge.challenge.issuedAt,
            shape: description.shape(ofBlock: start),
            rows: block.commitments,
            with: key
        )
        return CommittedSample(
            opening: opening,
            attestation: attestation,
            network: NetworkEvidence(start: block, trace: trace)
        )
    }

    var captures: Int { script.withLock { $0.captures } }

    func see(_ embeddings: [[Int16]]) {
        script.withLock { $0.embeddings = embeddings }
    }

    func fail(_ failure: SampleFailure?) {
        script.withLock { $0.failure = failure }
    }
}

/// Prover, vault, sensor, clock and a verifier's key.
final class ProverBench: Sendable {
    static let dimension = 16
    static let aliceUID: UInt32 = 1000
    static let bobUID: UInt32 = 1001

    let directory: String
    let prover: Prover
    let vault: Vault
    let sensor = ScriptedSensor()
    let verifier = SigningKey()

    private init(
        directory: String,
        sensors: [ProverSensor]?,
        settings: ProverSettings,
        presence: SeatPresence
    ) throws {
        self.directory = directory
        let key = SecretBytes(copying: [UInt8](0..<32))
        let time = Box()
        vault = try Vault(
            directory: directory + "/vault",
            key: key,
            clock: time
        )
        prover = Prover(
            vault: vault,
            sensors: sensors ?? [ProverSensor(name: "sensor", seat: "seat0", source: sensor)],
            settings: settings,
            accounts: Accounts { ["root": 0, "alice": Self.aliceUID, "bob": Self.bobUID][$0] },
            presence: presence,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { time.value.withLock { $0 } }
        )
        clock = time
    }

    final class Box: HostClock {
        let value = Mutex<UInt64>(1_800_000_000)

        func read() -> ClockReading? {
            let now = value.withLock { $0 }
            return ClockReading(
                unixSeconds: now,
                bootMilliseconds: (now - 1_799_000_000) * 1000,
                bootIdentity: [UInt8](repeating: 1, count: 16)
            )
        }
    }

    let clock: Box

    var now: UInt64 { clock.value.withLock { $0 } }

    func pass(_ seconds: UInt64) {
        clock.value.withLock { $0 += seconds }
    }

    /// - Parameters:
    ///   - presence: the rule at every seat; `seats`: at each by itself.
    ///   - sensors: nil: the one of the bench.
    static func run(
        selfEnrol: Bool = true,
        verifiers: [String: VerifierPin] = [:],
        models: [EmbeddingModel] = [],
        presence: PresencePolicy = .none,
        seats: SeatPresence? = nil,
        sensors: [ProverSensor]? = nil,
        change: (inout ProverSettings) -> Void = { _ in },
        attends: Bool = true,
        _ body: (ProverBench) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "semblance-prover-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = ProverSettings()
        settings.selfEnrol = selfEnrol
        settings.verifiers = verifiers
        settings.models = models
        settings.captureTimeout = .seconds(1)
        settings.budget.burst = 1000
        change(&settings)
        let bench = try ProverBench(
            directory: directory,
            sensors: sensors,
            settings: settings,
            presence: seats ?? SeatPresence(everywhere: presence)
        )
        if attends {
            for uid in [aliceUID, bobUID] { _ = bench.attend(uid: uid, answer: true) }
        }
        try await body(bench)
    }

    /// An agent that gives the same answer to every question; nil: none. Its number, or nil if there are too many.
    func attend(
        uid: UInt32,
        answer: Bool?,
        seen: @escaping @Sendable ([String: JSON]) -> Void = { _ in }
    ) -> UInt64? {
        let desk = prover.desk
        return desk.add(
            ConsentDesk.Agent(caller: PeerCredentials(uid: uid, gid: uid, pid: 1)) { question in
                seen(question)
                guard let answer, case .string(let id)? = question["id"], question["seconds"] != 0 else { return }
                Task { _ = desk.answer(id, by: uid, allow: answer) }
            }
        )
    }

    /// An embedding of a person; `noise` makes samples of the same person differ a little.
    static func person(_ seed: Int, noise: Int = 0) -> [Int16] {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        return (0..<dimension).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int16(Int(state >> 33 % 161) - 80 + (index + noise) % 5 * (noise == 0 ? 0 : 1))
        }
    }

    /// A network that passes 16 inputs through two layers.
    static func makeModel() throws -> EmbeddingModel {
        let layers = (0..<2).map { index in
            let weights = (0..<dimension * dimension).map { Int32($0 / dimension == $0 % dimension ? 128 : 0) }
            let term = LinearTerm(
                kind: .convolution,
                sources: [BlockSource(block: index)],
                kernelHeight: index == 0 ? 4 : 1,
                kernelWidth: index == 0 ? 4 : 1,
                weights: weights
            )
            return Layer(
                name: "\(index)",
                terms: [term],
                bias: [Int32](repeating: 0, count: dimension),
                output: TensorShape(channels: dimension, height: 1, width: 1),
                table: 0
            )
        }
        return try EmbeddingModel(
            name: "test",
            modality: "face",
            network: IntegerNetwork(
                input: TensorShape(channels: 1, height: 4, width: 4),
                shift: 7,
                tableBits: 10,
                tables: [.embedding],
                layers: layers
            ),
            preprocessing: Preprocessing(),
            minimumNorm: 1000,
            thresholds: []
        )
    }

    struct Draft {
        var role = Role.authenticate
        var assurance = Assurance.match
        var audience = "host"
        var subject = "alice"
        var label = "default"
        var modality = Modality.face
        var template: CompressedRistretto?
        var epoch: UInt64 = 0
        var model = [UInt8](repeating: 7, count: 32)
        var dimension = ProverBench.dimension
        var threshold: UInt16 = 40000
        var minimumNorm: UInt32 = 1000
        var samples = 1
        var issuedAt: UInt64 = 0
        var lifetime: UInt64 = 60
        var purpose = "login"
        var clientKey = [UInt8](repeating: 0, count: 32)
        var verifierKey: [UInt8] = []
        var previous: PreviousModel?
        /// Nil: a fresh one.
        var nonce: [UInt8]?
    }

    /// The bench's enrolment bounds, without a bench.
    static func enrolDraft() throws -> Challenge {
        let draft = Draft()
        return try Challenge(
            role: .enrol,
            modality: draft.modality,
            assurance: draft.assurance,
            audience: draft.audience,
            verifierKey: [UInt8](repeating: 0, count: 32),
            purpose: "enrol",
            subject: draft.subject,
            label: draft.label,
            nonce: [UInt8](repeating: 0, count: 32),
            clientKey: [UInt8](repeating: 0, count: 32),
            template: nil,
            epoch: 0,
            model: draft.model,
            dimension: draft.dimension,
            threshold: draft.threshold,
            minimumNorm: draft.minimumNorm,
            samples: 3,
            issuedAt: 0,
            expiresAt: 60
        )
    }

    func draft(_ change: (inout Draft) -> Void = { _ in }) -> Draft {
        var draft = Draft()
        draft.issuedAt = now
        draft.verifierKey = verifier.publicKey.bytes
        change(&draft)
        return draft
    }

    func sign(_ draft: Draft, by signer: SigningKey? = nil) throws -> SignedChallenge {
        let challenge = try Challenge(
            role: draft.role,
            modality: draft.modality,
            assurance: draft.assurance,
            audience: draft.audience,
            verifierKey: draft.verifierKey,
            purpose: draft.purpose,
            subject: draft.subject,
            label: draft.label,
            nonce: draft.nonce ?? SecureRandom.bytes(32),
            clientKey: draft.clientKey,
            template: draft.template,
            epoch: draft.epoch,
            model: draft.model,
            dimension: draft.dimension,
            threshold: draft.threshold,
            minimumNorm: draft.minimumNorm,
            samples: draft.samples,
            issuedAt: draft.issuedAt,
            expiresAt: draft.issuedAt + draft.lifetime,
            previous: draft.previous
        )
        return SignedChallenge(signing: challenge, with: signer ?? verifier)
    }

    func enrolChallenge(_ change: (inout Draft) -> Void = { _ in }) throws -> SignedChallenge {
        try sign(
            draft {
                $0.role = .enrol
                $0.samples = 3
                change(&$0)
            }
        )
    }

    /// What the verifier does with a proof: verify it and sign a receipt for the template, if it yields one.
    func verify(_ envelope: [UInt8], model: PublishedModel? = nil) throws -> (proof: VerifiedProof, receipt: [UInt8]?) {
        let proof = try MatchVerifier().verify(
            ProofEnvelope(decoding: envelope) { _ in model },
            verifierKey: verifier.publicKey,
            sensorKey: sensor.key.publicKey
        )
        guard let template = proof.newTemplate else { return (proof, nil) }
        let challenge = proof.challenge
        let receipt = Receipt(
            role: challenge.role,
            modality: challenge.modality,
            audience: challenge.audience,
            subject: challenge.subject,
            label: challenge.label,
            template: template,
            epoch: challenge.role == .enrol ? 0 : challenge.epoch + 1,
            model: challenge.model,
            time: now
        )
        return (proof, SignedReceipt(signing: receipt, with: verifier).bytes)
    }

    /// Enrols person 1 as alice and returns the template in force.
    func enrol(by caller: Request? = nil) async throws -> Enrolment.Template {
        let caller = caller ?? alice
        sensor.see([Self.person(1, noise: 1), Self.person(1, noise: 2), Self.person(1, noise: 3)])
        let envelope = try await prover.enroll(enrolChallenge().bytes, by: caller)
        let receipt = try #require(try verify(envelope).receipt)
        try prover.commit(receipt, by: caller)
        sensor.see([Self.person(1, noise: 4)])
        return try current()
    }

    func current() throws -> Enrolment.Template {
        try #require(try vault.enrolment(key)?.current)
    }

    /// A challenge to move from the bench's model to the one whose identity is all `8`.
    func upgradeChallenge(_ change: (inout Draft) -> Void = { _ in }) throws -> SignedChallenge {
        try challenge {
            $0.role = .upgrade
            $0.previous = PreviousModel(
                identity: $0.model,
                dimension: $0.dimension,
                threshold: $0.threshold,
                minimumNorm: $0.minimumNorm
            )
            $0.model = [UInt8](repeating: 8, count: 32)
            $0.threshold += 1
            $0.samples = 2
            change(&$0)
        }
    }

    func challenge(_ change: (inout Draft) -> Void = { _ in }) throws -> SignedChallenge {
        let current = try current()
        return try sign(
            draft {
                $0.template = current.commitment
                $0.epoch = current.epoch
                change(&$0)
            }
        )
    }

    let key = EnrolmentKey(subject: "alice", audience: "host", modality: .face, label: "default")
    let alice = Request(peer: ProverBench.aliceUID)
    let bob = Request(peer: ProverBench.bobUID)
    let root = Request(peer: 0)
}

extension ChallengeExpectation {
    /// The bench's verifier answers on this socket.
    static let socket = Origin("unix:/run/semblance/verifier")!

    /// What somebody expects who asked for exactly this challenge.
    init(_ challenge: Challenge, at origin: Origin = socket) {
        self.init(
            origin: origin,
            role: challenge.role.name,
            subject: challenge.subject,
            purpose: challenge.purpose,
            samples: challenge.samples
        )
    }
}

/// Calls of tests that are not about what the caller expects: it is what the challenge says.
extension Prover {
    private func expectation(_ bytes: [UInt8]) -> ChallengeExpectation {
        if let signed = try? SignedChallenge(decoding: bytes) { return ChallengeExpectation(signed.challenge) }
        return ChallengeExpectation(
            origin: ChallengeExpectation.socket,
            role: "authenticate",
            subject: "alice",
            purpose: "login",
            samples: 1
        )
    }

    func prove(_ bytes: [UInt8], by request: Request) async throws(ProverFailure) -> [UInt8] {
        try await prove(bytes, expected: expectation(bytes), by: request).proof
    }

    func enroll(_ bytes: [UInt8], by request: Request) async throws(ProverFailure) -> [UInt8] {
        try await enroll(bytes, expected: expectation(bytes), by: request).proof
    }

    func rotate(_ bytes: [UInt8], by request: Request) async throws(ProverFailure) -> [UInt8] {
        try await rotate(bytes, expected: expectation(bytes), by: request).proof
    }
}
