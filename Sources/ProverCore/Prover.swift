import Glibc
import Logging
import MatchProof
import NeuralNetwork
import Presence
import SensorClient
import ServiceSupport
import Sodium
import Varlink
import Vault

/// `org.semblance.Prover`: decides who may ask for a proof, captures, counts, proves, stores.
public final class Prover: Sendable {
    /// The version that `Status` tells.
    public static let version = Release.version

    let vault: Vault
    let source: any SampleSource
    let settings: ProverSettings
    let accounts: Accounts
    let logger: Logger
    private let now: @Sendable () -> UInt64
    let presence: PresencePolicy
    let desk: ConsentDesk
    let queue: CaptureQueue
    let budget: ProofBudget
    let refusals: RefusalBackoff

    /// - Parameters:
    ///   - presence: who counts as being in front of the sensor.
    ///   - now: seconds since 1970-01-01 00:00 UTC.
    public init(
        vault: Vault,
        source: any SampleSource,
        settings: ProverSettings,
        accounts: Accounts = .system,
        presence: PresencePolicy,
        logger: Logger,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.vault = vault
        self.source = source
        self.settings = settings
        self.accounts = accounts
        self.presence = presence
        desk = ConsentDesk(limits: settings.consent)
        queue = CaptureQueue(limits: settings.queue)
        budget = ProofBudget(limits: settings.budget)
        refusals = RefusalBackoff(limits: settings.refusals)
        self.logger = logger
        self.now = now
    }

    /// Whether the vault answers; a daemon whose vault does not is better restarted.
    public var isHealthy: Bool {
        (try? vault.enrolments(of: .max)) != nil
    }

    // MARK: Enrolment and rotation

    /// Captures and proves the samples of a new enrolment, and keeps it pending.
    func enroll(
        _ bytes: [UInt8],
        expected: ChallengeExpectation,
        by request: Request
    ) async throws(ProverFailure) -> Answer {
        let (challenges, uid) = try challenges([bytes], expected, request)
        let signed = challenges[0]
        let (challenge, origin) = (signed.challenge, expected.origin)
        try authoriseChange(request)
        try refusing(signed, request) { () throws(ChallengeRefusal) in
            try ChallengeCheck(now: now()).general(signed, roles: [.enrol])
        }
        try checkNewVerifier(signed, origin, uid: uid, request)
        let key = EnrolmentKey(challenge)
        let known = try storing { () throws(VaultError) in try vault.enrolment(key) }
        guard known?.state != .active else { throw .alreadyEnrolled }
        return try await withCapture([signed], of: uid, at: origin, request) { () async throws(ProverFailure) in
            let samples = try await self.enrolmentSamples(signed, request)
            self.warnOfDuplicate(samples, of: key, challenge, request)
            let output = try self.proof(signed, [samples], nil, request)
            guard let template = output.newTemplate else { throw .challengeRefused }
            request.report("store", "keeping the template until the verifier confirms it", 0)
            try self.storing { () throws(VaultError) in
                try self.vault.addPending(
                    key,
                    uid: uid,
                    origin: origin,
                    policy: PinnedPolicy(challenge),
                    opening: template
                )
            }
            self.log("enrolment proved", signed, request)
            return self.answer(output.envelope, origin, uid: uid)
        }
    }

    /// Proves a rotation, and keeps the new template pending beside the one in force.
    func rotate(
        _ bytes: [UInt8],
        expected: ChallengeExpectation,
        by request: Request
    ) async throws(ProverFailure) -> Answer {
        let (challenges, uid) = try challenges([bytes], expected, request)
        let signed = challenges[0]
        let (challenge, origin) = (signed.challenge, expected.origin)
        let isRefresh = challenge.role.replacesTemplate
        if isRefresh { try authoriseChange(request) }
        let enrolment = try settledEnrolment(
            signed,
            roles: [.reblind, .refresh, .upgrade],
            origin,
            uid: uid,
            request
        )
        guard let current = enrolment.current, current.epoch < .max else { throw .challengeRefused }
        guard !isRefresh || enrolment.refreshes < Vault.maximumRefreshes else {
            throw .storageFailure(hint: VaultError.refreshLimit.hint)
        }
        let opening = try opening(enrolment)
        return try await withCapture([signed], of: uid, at: origin, request) { () async throws(ProverFailure) in
            let samples = try await self.samples(signed, request)
            let output = try self.countedProof(signed, samples, opening, enrolled: enrolment.created, request)
            guard let template = output.newTemplate else { throw .challengeRefused }
            request.report("store", "keeping both templates until the verifier confirms the new one", 0)
            try self.pin(enrolment, to: origin, request)
            try self.storing { () throws(VaultError) in
                try self.vault.addPending(
                    enrolment.key,
                    after: current,
                    opening: template,
                    isRefresh: isRefresh,
                    policy: challenge.role == .upgrade ? PinnedPolicy(challenge) : nil
                )
            }
            self.log("rotation proved", signed, request)
            return self.answer(output.envelope, origin, uid: uid)
        }
    }

    /// Puts a pending template in force on the verifier's signed receipt. Repeating it is harmless.
    func commit(_ bytes: [UInt8], by request: Request) throws(ProverFailure) {
        guard let signed = try? SignedReceipt(decoding: bytes) else { throw .challengeRefused }
        let receipt = signed.receipt
        let uid = try authorise(receipt.subject, request)
        let key = EnrolmentKey(receipt)
        guard let enrolment = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
            throw .notEnrolled
        }
        guard let verifierKey = VerifyingKey(enrolment.policy.verifierKey), signed.isSigned(by: verifierKey),
            enrolment.uid == uid
        else { throw refusal(.receipt, receipt.audience, request) }
        let template = Enrolment.Template(commitment: receipt.template, epoch: receipt.epoch)
        guard receipt.model == enrolment.policy(of: template).model else {
            throw refusal(.receipt, receipt.audience, request)
        }
        if enrolment.current == template { return }
        guard enrolment.isPending(template), receipt.role != .enrol || receipt.epoch == 0 else {
            throw refusal(.receipt, receipt.audience, request)
        }
        try storing { () throws(VaultError) in
            try vault.commit(key, template)
            // An enrolment by root is the way out of a lock-out; one by the subject would let anybody at his session out.
            if receipt.role == .enrol, request.peer == 0 { try vault.clearAttempts(key.subject, key.modality) }
        }
        logger.notice(
            "template committed",
            metadata: ["uid": "\(uid)", "audience": "\(receipt.audience)", "role": "\(receipt.role.name)"]
        )
    }

    /// Forgets an enrolment.
    func revoke(_ key: EnrolmentKey, by request: Request) throws(ProverFailure) {
        _ = try authorise(key.subject, request, mayBeGone: true)
        try authoriseChange(request)
        try storing { () throws(VaultError) in try vault.revoke(key) }
        logger.notice(
            "enrolment revoked",
            metadata: ["peer": "\(request.peer)", "audience": "\(key.audience)", "modality": "\(key.modality.name)"]
        )
    }

    /// The enrolments that the caller may see.
    func list(_ subject: String?, by request: Request) throws(ProverFailure) -> [Enrolment] {
        guard let subject else {
            return try storing { () throws(VaultError) in
                try vault.enrolments(of: request.peer == 0 ? nil : request.peer)
            }
        }
        let uid = try authorise(subject, request, mayBeGone: true)
        return try storing { () throws(VaultError) in
            try vault.enrolments().filter { $0.key.subject == subject && (request.peer == 0 || $0.uid == uid) }
        }
    }

    // MARK: Rules

    /// The subject's uid, if the caller is the subject or root.
    ///
    /// - Parameter mayBeGone: whether root may name a subject whose account does not exist any more.
    func authorise(
        _ subject: String,
        _ request: Request,
        mayBeGone: Bool = false
    ) throws(ProverFailure) -> UInt32 {
        guard let uid = accounts.uid(subject) else {
            if mayBeGone, request.peer == 0 { return UInt32.max }
            throw .notAuthorized
        }
        guard request.peer == 0 || request.peer == uid else { throw .notAuthorized }
        return uid
    }

    /// Enrolling, refreshing and revoking is root's, unless the configuration trusts the subject with it: whoever sits
    /// down at an unlocked session must not be able to add his own face.
    private func authoriseChange(_ request: Request) throws(ProverFailure) {
        guard request.peer == 0 || settings.selfEnrol else { throw .notAuthorized }
    }

    /// The active enrolment whose template the challenge is about, after every check.
    private func settledEnrolment(
        _ signed: SignedChallenge,
        roles: Set<Role>,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> Enrolment {
        let enrolment = try acceptedEnrolment(signed, roles: roles, origin, uid: uid, request)
        if let reason = staleness(of: signed.challenge, enrolment) {
            throw refusal(reason, signed.challenge.audience, request)
        }
        try checkAttempt(signed.challenge)
        return enrolment
    }

    /// The active enrolment that the challenge names, after all checks of who asks and how strictly. A challenge that
    /// names the pending template and is signed by the pinned key proves that the verifier recorded it, so the template
    /// is put in force.
    func acceptedEnrolment(
        _ signed: SignedChallenge,
        roles: Set<Role>,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> Enrolment {
        let key = EnrolmentKey(signed.challenge)
        let check = ChallengeCheck(now: now())
        try refusing(signed, request) { () throws(ChallengeRefusal) in try check.general(signed, roles: roles) }
        guard var enrolment = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
            // A verifier that is not the one it should be is told first: it may just not know the right label.
            try checkNewVerifier(signed, origin, uid: uid, request)
            throw .notEnrolled
        }
        try checkVerifier(signed, origin, uid: uid, request) { [enrolment] pins throws(VerifierPins.Refusal) in
            try pins.checkUse(signed.challenge, at: origin, of: enrolment)
        }
        try refusing(signed, request) { [enrolment] () throws(ChallengeRefusal) in
            try check.pinned(signed, enrolment, uid: uid)
        }
        if let named = signed.challenge.template.map({
            Enrolment.Template(commitment: $0, epoch: signed.challenge.epoch)
        }), enrolment.isPending(named) {
            try storing { () throws(VaultError) in try vault.commit(key, named) }
            log("template committed on a challenge that names it", signed, request)
            guard let settled = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
                throw .notEnrolled
            }
            enrolment = settled
        }
        guard enrolment.current != nil else { throw .notEnrolled }
        return enrolment
    }

    /// Why the challenge is not about the template in force; nil if it is.
    func staleness(of challenge: Challenge, _ enrolment: Enrolment) -> ChallengeRefusal? {
        guard enrolment.current?.commitment == challenge.template else { return .template }
        return enrolment.current?.epoch == challenge.epoch ? nil : .epoch
    }

    /// Whether the challenge may still be answered; its signature was checked before.
    func checkIsCurrent(_ signed: SignedChallenge, _ request: Request) throws(ProverFailure) {
        guard now() < signed.challenge.expiresAt else {
            throw refusal(.expired, signed.challenge.audience, request)
        }
    }

    private func refusing(
        _ signed: SignedChallenge,
        _ request: Request,
        _ check: () throws(ChallengeRefusal) -> Void
    ) throws(ProverFailure) {
        do {
            try check()
        } catch {
            throw refusal(error, signed.challenge.audience, request)
        }
    }

    func refusal(_ reason: ChallengeRefusal, _ audience: String, _ request: Request) -> ProverFailure {
        logger.warning(
            "challenge refused",
            metadata: [
                "peer": "\(request.peer)", "audience": "\(audience)", "outcome": "refused",
                "reason": "\(reason.rawValue)",
            ]
        )
        return .challengeRefused
    }

    // MARK: Capturing and proving

    /// The challenge's samples under each of its models: one list, or the two of an upgrade.
    func samples(
        _ signed: SignedChallenge,
        _ request: Request
    ) async throws(ProverFailure) -> [[MatchProver.Sample]] {
        let challenge = signed.challenge
        var samples = challenge.parts.map { _ in [MatchProver.Sample]() }
        let presented = PresentedWords.list([challenge])
        for index in 0..<challenge.samples {
            let fraction = Double(index) / Double(challenge.samples)
            let which = challenge.samples == 1 ? "" : " (\(index + 1) of \(challenge.samples))"
            let what = challenge.role == .upgrade ? "\(challenge.purpose) to another model" : challenge.purpose
            request.report("capture", "\(challenge.audience) asks for \(presented) for \(what)\(which)", fraction)
            let capture = try await capture(signed, index: index, fraction: fraction, request)
            for (part, sample) in zip(samples.indices, capture) { samples[part].append(sample) }
        }
        return samples
    }

    /// One of the challenge's samples, under each of its models.
    func capture(
        _ signed: SignedChallenge,
        index: Int,
        fraction: Double,
        _ request: Request
    ) async throws(ProverFailure) -> [MatchProver.Sample] {
        try await capture([signed], index: index, fraction: fraction, request).first?.samples ?? []
    }

    /// One capture, for the challenges of its modality.
    func capture(
        _ challenges: [SignedChallenge],
        index: Int,
        fraction: Double,
        _ request: Request
    ) async throws(ProverFailure) -> [CapturedSample] {
        var models: [EmbeddingModel] = []
        for signed in challenges { models += try self.models(signed.challenge) }
        let (source, timeout, needed) = (source, settings.captureTimeout, models)
        let (result, gaveWay) = await queue.interruptible {
            () async -> Result<[CapturedSample], SampleFailure> in
            do throws(SampleFailure) {
                return .success(
                    try await source.capture(challenges, models: needed, index: index, timeout: timeout) {
                        request.report("capture", $0, fraction)
                    }
                )
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let samples): return samples
        case .failure(.cancelled) where gaveWay: throw .busy
        case .failure(let error): throw failure(error, request)
        }
    }

    /// The models whose runs are proved, one for each part; none at `match`, where the sensor vouches for them.
    func models(_ challenge: Challenge) throws(ProverFailure) -> [EmbeddingModel] {
        guard challenge.assurance != .match else { return [] }
        var models: [EmbeddingModel] = []
        for part in challenge.parts {
            let named = challenge.statement(of: part).model
            guard let model = settings.models.first(where: { $0.identity == named }) else {
                let identity = Hexadecimal.encode(named)
                logger.error("a challenge names a model that is not configured", metadata: ["model": "\(identity)"])
                throw .sensorUnavailable(hint: "semblanced has no model \(identity.prefix(16)); see its option --model")
            }
            models.append(model)
        }
        return models
    }

    private func failure(_ error: SampleFailure, _ request: Request) -> ProverFailure {
        switch error {
        case .unavailable(let hint):
            logger.error("the sensor is not available", metadata: ["hint": "\(hint)"])
            return .sensorUnavailable(hint: hint)
        case .poorSample(let advice): return .poorSample(hint: advice)
        case .busy: return .busy
        case .cancelled: return .poorSample(hint: "cancelled")
        }
    }

    /// Pins an enrolment of before origins were pinned. Which socket or loopback port the verifier is at, root says: a program
    /// of the person's could name one that does not exist, and he would be refused for good.
    func pin(_ enrolment: Enrolment, to origin: Origin, _ request: Request) throws(ProverFailure) {
        guard request.peer == 0 || origin.kind == .web else { return }
        try storing { () throws(VaultError) in try vault.pin(enrolment.key, to: origin) }
    }

    /// A counted proof: the attempt has failed until the proof is made.
    ///
    /// - Parameter enrolled: when the template was enrolled, in seconds since 1970.
    private func countedProof(
        _ signed: SignedChallenge,
        _ samples: [[MatchProver.Sample]],
        _ opening: TemplateOpening,
        enrolled: Int64,
        _ request: Request
    ) throws(ProverFailure) -> MatchProver.Output {
        let lastFailure = try beginAttempt(signed.challenge)
        let output = try proof(signed, samples, opening, request)
        try succeeded(signed, enrolled: enrolled, lastFailure: lastFailure, request)
        return output
    }

    /// Whether the subject may try now.
    func checkAttempt(_ challenge: Challenge) throws(ProverFailure) {
        try storing { () throws(VaultError) in try vault.checkAttempt(challenge.subject, challenge.modality) }
    }

    /// Counts an attempt as failed, before it is made.
    ///
    /// - Returns: when the last failure before it was, in seconds since 1970; nil if there was none.
    func beginAttempt(_ challenge: Challenge) throws(ProverFailure) -> Int64? {
        // A caller who has gone is not charged: nothing was matched yet.
        guard !Task.isCancelled else { throw .poorSample(hint: "cancelled") }
        return try storing { () throws(VaultError) in try vault.beginAttempt(challenge.subject, challenge.modality) }
    }

    /// Takes the attempt back, after the proof was made, and the failures before it, unless the template was enrolled after
    /// them: that says nothing about who failed.
    func succeeded(
        _ signed: SignedChallenge,
        enrolled: Int64,
        lastFailure: Int64?,
        _ request: Request
    ) throws(ProverFailure) {
        let challenge = signed.challenge
        try storing { () throws(VaultError) in
            try vault.forgive(challenge.subject, challenge.modality, all: lastFailure.map { enrolled <= $0 } ?? true)
        }
        log("proved", signed, request)
    }

    func proof(
        _ signed: SignedChallenge,
        _ samples: [[MatchProver.Sample]],
        _ opening: TemplateOpening?,
        _ request: Request
    ) throws(ProverFailure) -> MatchProver.Output {
        let models = try models(signed.challenge)
        request.report("prove", "proving", 0)
        do {
            return try MatchProver().prove(
                signed,
                samples: samples[0],
                template: opening,
                model: models.first?.provingModel,
                previous: samples.count < 2
                    ? nil : MatchProver.Previous(samples: samples[1], model: models.last?.provingModel)
            ) { fraction in request.report("prove", "proving", fraction) }
        } catch {
            switch error {
            case .noMatch:
                log("no match", signed, request)
                throw .noMatch
            case .unsupportedAssurance, .wrongTemplate: throw refusal(.template, signed.challenge.audience, request)
            case .wrongSamples, .wrongModel:
                throw .sensorUnavailable(hint: "the sensor's samples do not fit the challenge")
            case .interrupted: throw .busy
            }
        }
    }

    func opening(_ enrolment: Enrolment) throws(ProverFailure) -> TemplateOpening {
        try storing { () throws(VaultError) in try vault.opening(enrolment.key) }
    }

    func storing<Result>(_ body: () throws(VaultError) -> Result) throws(ProverFailure) -> Result {
        do {
            return try body()
        } catch {
            switch error {
            case .notEnrolled: throw .notEnrolled
            case .alreadyEnrolled: throw .alreadyEnrolled
            case .lockedOut(let seconds): throw .lockedOut(retryAfterSeconds: seconds)
            case .busy: throw .busy
            default:
                logger.error("the vault fails", metadata: ["hint": "\(error.hint)"])
                throw .storageFailure(hint: error.hint)
            }
        }
    }

    func log(_ message: Logger.Message, _ signed: SignedChallenge, _ request: Request) {
        logger.notice(
            message,
            metadata: [
                "peer": "\(request.peer)", "subject": "\(signed.challenge.subject)", "outcome": "\(message)",
                "audience": "\(signed.challenge.audience)", "purpose": "\(signed.challenge.purpose)",
                "role": "\(signed.challenge.role.name)",
                "modality": "\(signed.challenge.modality.name)",
            ]
        )
    }
}
