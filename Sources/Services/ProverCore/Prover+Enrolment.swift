import IntegerNetwork
import Interfaces
import MatchProof
import ServiceSupport
import Statement
import Vault

/// Templates that are made: by an enrolment, and by a rotation of one. Both are pending until the verifier's receipt.
extension Prover {
    /// Captures and proves the samples of a new enrolment, and keeps it pending.
    func enroll(
        _ bytes: [UInt8],
        expected: ChallengeExpectation,
        by request: Request
    ) async throws(ProverFailure) -> Answer {
        let (challenges, uid) = try challenges([bytes], expected, request)
        let (signed, origin) = (challenges[0], expected.origin)
        let key = try newEnrolment(signed, origin, uid: uid, request)
        return try await withCapture([signed], of: uid, at: origin, request) { sensors throws(ProverFailure) in
            let (samples, sensor) = try await self.enrolmentSamples(signed, at: sensors, request)
            self.warnOfDuplicate(samples, of: key, signed.challenge, request)
            let output = try self.proof(signed, [samples], nil, request)
            guard let template = output.newTemplate else { throw .challengeRefused }
            request.report("store", "keeping the template until the verifier confirms it", 0)
            try self.storing { () throws(VaultError) in
                try self.vault.addPending(
                    key,
                    uid: uid,
                    origin: origin,
                    policy: PinnedPolicy(signed.challenge),
                    opening: template,
                    sensorKey: samples.first?.attestation?.publicKey
                )
            }
            self.log("enrolment proved", signed, request)
            return (self.answer(output.envelope, origin, uid: uid), sensor)
        }
    }

    /// Proves a rotation, and keeps the new template pending beside the one in force.
    func rotate(
        _ bytes: [UInt8],
        expected: ChallengeExpectation,
        by request: Request
    ) async throws(ProverFailure) -> Answer {
        let (challenges, uid) = try challenges([bytes], expected, request)
        let (signed, origin) = (challenges[0], expected.origin)
        let (enrolment, current) = try rotatedEnrolment(signed, origin, uid: uid, request)
        let opening = try opening(enrolment)
        return try await withCapture([signed], of: uid, at: origin, request) { sensors throws(ProverFailure) in
            let (samples, sensor) = try await self.samples(signed, at: sensors, pin: enrolment.sensorKey, request)
            let output = try self.countedProof(signed, samples, opening, enrolled: enrolment.created, request)
            guard let template = output.newTemplate else { throw .challengeRefused }
            request.report("store", "keeping both templates until the verifier confirms the new one", 0)
            try self.pin(enrolment, to: origin, request)
            try self.storing { () throws(VaultError) in
                try self.vault.addPending(
                    enrolment.key,
                    after: current,
                    opening: template,
                    isRefresh: signed.challenge.role.replacesTemplate,
                    policy: signed.challenge.role == .upgrade ? PinnedPolicy(signed.challenge) : nil
                )
            }
            self.log("rotation proved", signed, request)
            return (self.answer(output.envelope, origin, uid: uid), sensor)
        }
    }

    /// Pins an enrolment of before origins were pinned. Which socket or loopback port the verifier is at, root says: a program
    /// of the person's could name one that does not exist, and he would be refused for good.
    func pin(_ enrolment: Enrolment, to origin: Origin, _ request: Request) throws(ProverFailure) {
        guard request.isRootsWord || origin.kind == .web else { return }
        try storing { () throws(VaultError) in try vault.pin(enrolment.key, to: origin) }
    }

    /// The enrolment that a challenge would make, after every check.
    private func newEnrolment(
        _ signed: SignedChallenge,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> EnrolmentKey {
        try authoriseChange(request)
        try refusing(signed, request) { () throws(ChallengeRefusal) in
            try ChallengeCheck(now: now()).general(signed, roles: [.enrol])
        }
        try checkNewVerifier(signed, origin, uid: uid, request)
        let key = EnrolmentKey(signed.challenge)
        let known = try storing { () throws(VaultError) in try vault.enrolment(key) }
        guard known?.state != .active else { throw .alreadyEnrolled }
        return key
    }

    /// The enrolment that is rotated, and its template in force, after every check.
    private func rotatedEnrolment(
        _ signed: SignedChallenge,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> (Enrolment, Enrolment.Template) {
        let isRefresh = signed.challenge.role.replacesTemplate
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
        return (enrolment, current)
    }
}

/// What an enrolment does besides proving: it takes an unlike sample again, and warns of a finger that is enrolled already.
extension Prover {
    /// How many samples are taken again before an enrolment is given up.
    static let maximumRetakes = 3

    /// The samples of an enrolment. One that is unlike the others is taken again: there is no template yet that trying
    /// could tell anything about.
    func enrolmentSamples(
        _ signed: SignedChallenge,
        at sensors: [ProverSensor],
        _ request: Request
    ) async throws(ProverFailure) -> (samples: [CommittedSample], sensor: ProverSensor) {
        let agreement = SampleAgreement(signed.challenge)
        let (captured, sensor) = try await samples(signed, at: sensors, request)
        var samples = captured[0]
        for _ in 0..<Self.maximumRetakes {
            guard let index = agreement.outlier(of: samples.map(\.opening.values)) else { break }
            request.report("capture", "sample \(index + 1) is unlike the others; once more", 1)
            do {
                samples[index] = try await sample(signed, at: [sensor], index: index, fraction: 1, request).samples[0]
            } catch .poorSample {
                throw .noMatch
            }
        }
        return (samples, sensor)
    }

    /// Warns where all samples match what is enrolled under another label, or for another account: whoever enrols one finger
    /// for two is let in to both. For root only: an unlocked session must not learn from an enrolment whom a stranger's
    /// finger is like.
    func warnOfDuplicate(
        _ samples: [CommittedSample],
        of key: EnrolmentKey,
        _ challenge: Challenge,
        _ request: Request
    ) {
        guard request.isRootsWord, let known = try? vault.enrolments() else { return }
        let agreement = SampleAgreement(challenge)
        var told: Set<String> = []
        for other in known where other.policy.model == challenge.model && other.current != nil {
            let isOwn = other.key.subject == key.subject
            // One finger with two verifiers is as it should be, for one person.
            guard other.key.modality == key.modality, !isOwn || other.key.audience == key.audience, other.key != key,
                let template = try? vault.opening(other.key),
                samples.allSatisfy({ agreement.matches($0.opening.values, template.values) })
            else { continue }
            let place = isOwn ? "as \(other.key.label)" : "for the account \(other.key.subject), as \(other.key.label)"
            guard told.insert(place).inserted else { continue }
            request.report("warning", "this \(key.modality.name) is enrolled already, \(place)", 1)
        }
    }
}

/// Which samples are alike, by the very inequalities that are proved.
struct SampleAgreement {
    let threshold: UInt16
    let minimumNorm: UInt32

    init(_ challenge: Challenge) {
        threshold = challenge.threshold
        minimumNorm = challenge.minimumNorm
    }

    /// Whether an embedding matches another embedding or a template.
    func matches(_ embedding: [Int16], _ other: [Int16]) -> Bool {
        MatchScore(probe: embedding, template: other).matches(numerator: threshold, minimumNorm: minimumNorm)
    }

    /// The embedding that the most others do not match, the latest of several; nil where all match one another.
    func outlier(of embeddings: [[Int16]]) -> Int? {
        var unlike = [Int](repeating: 0, count: embeddings.count)
        for second in embeddings.indices {
            for first in 0..<second where !matches(embeddings[first], embeddings[second]) {
                unlike[first] += 1
                unlike[second] += 1
            }
        }
        guard let most = unlike.max(), most > 0 else { return nil }
        return unlike.lastIndex(of: most)
    }
}
