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
        guard request.peer == 0 || origin.kind == .web else { return }
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
