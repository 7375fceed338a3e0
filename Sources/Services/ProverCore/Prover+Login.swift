import Commitments
import Interfaces
import Logging
import MatchProof
import SensorClient
import ServiceSupport
import Statement
import Vault

/// Logins: a fresh sample is like the template of any enrolment that the verifier would take.
extension Prover {
    /// A challenge that can be answered, and the template that it asks about.
    private struct Candidate: Sendable {
        let signed: SignedChallenge
        let enrolment: Enrolment
        let opening: TemplateOpening
    }

    /// A sample that is like the template of a candidate.
    private struct Match: Sendable {
        let candidate: Candidate
        let sample: CommittedSample
        let sensor: ProverSensor
        /// When the last failure before this attempt was, in seconds since 1970.
        let lastFailure: Int64?
    }

    /// Proves one fresh sample against an enrolled template.
    ///
    /// - Parameter alternatives: challenges of the same set (`ChallengeSet`), any of which may be answered instead.
    func prove(
        _ bytes: [UInt8],
        alternatives: [[UInt8]] = [],
        expected: ChallengeExpectation,
        by request: Request
    ) async throws(ProverFailure) -> Answer {
        let (challenges, uid) = try challenges([bytes] + alternatives, expected, request)
        let origin = expected.origin
        if request.isRootsWord, !origin.isRemote, !request.confirm {
            // Who comes here from a question of his own has got a yes.
            try noteAnswer(expected.subject, expected.purpose, by: request)
        }
        let candidates = try candidates(challenges, origin, uid: uid, request)
        let (output, enrolment) = try await withCapture(candidates.map(\.signed), of: uid, at: origin, request) {
            sensors throws(ProverFailure) in
            let match = try await self.match(candidates, at: sensors, request)
            // The samples for other challenges, and their blinders, are gone here.
            let candidate = match.candidate
            let output = try self.proof(candidate.signed, [[match.sample]], candidate.opening, request)
            let enrolled = candidate.enrolment.created
            try self.succeeded(candidate.signed, enrolled: enrolled, lastFailure: match.lastFailure, request)
            return ((output, candidate.enrolment), match.sensor)
        }
        try pin(enrolment, to: origin, request)
        return answer(output.envelope, origin, uid: uid)
    }

    /// The challenges that can be answered here: all pass the rules of a single one, and those that are about no
    /// template that we have, or may not be tried now, are left out. Where none remains, the first one's error is
    /// thrown.
    private func candidates(
        _ challenges: [SignedChallenge],
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> [Candidate] {
        var (candidates, obstacle): ([Candidate], ProverFailure?) = ([], nil)
        for signed in challenges {
            do {
                let enrolment = try acceptedEnrolment(signed, roles: [.authenticate], origin, uid: uid, request)
                if let reason = staleness(of: signed.challenge, enrolment) {
                    obstacle = obstacle ?? refusal(reason, signed.challenge.audience, request)
                    continue
                }
                try checkAttempt(signed.challenge)
                _ = try models(signed.challenge)
                let opening = try opening(enrolment)
                candidates.append(Candidate(signed: signed, enrolment: enrolment, opening: opening))
            } catch {
                switch error {
                case .notEnrolled, .lockedOut, .sensorUnavailable: obstacle = obstacle ?? error
                default: throw error
                }
            }
        }
        if candidates.isEmpty, let obstacle { throw obstacle }
        return candidates
    }

    /// One look of all sensors that fit, each of whose samples is compared as it comes; the first that matches ends it.
    private func match(
        _ candidates: [Candidate],
        at sensors: [ProverSensor],
        _ request: Request
    ) async throws(ProverFailure) -> Match {
        let challenges = candidates.map(\.signed)
        let (challenge, presented) = (challenges[0].challenge, PresentedWords.list(challenges.map(\.challenge)))
        request.report("capture", "\(challenge.audience) asks for \(presented) for \(challenge.purpose)", 0)
        let pins = candidates.map(\.enrolment.sensorKey)
        return try await look(at: sensors, challenges, pins: pins, index: 0, fraction: 0, request) {
            look throws(ProverFailure) in
            try self.match(candidates, look, request)
        }
    }

    /// Compares a sample with every template of its modality, each under its own bounds, which is one attempt of that
    /// modality however many there are: it counts as failed before it is made.
    ///
    /// - Returns: the first that matches; nil if none does. A choice by closeness would show the verifier which template is
    ///   the closest; the order is his own.
    private func match(
        _ candidates: [Candidate],
        _ look: SensorLook,
        _ request: Request
    ) throws(ProverFailure) -> Match? {
        guard let signed = look.captured.first.map({ candidates[$0.challenge].signed }) else { return nil }
        let lastFailure = try beginAttempt(signed.challenge)
        for captured in look.captured {
            let candidate = candidates[captured.challenge]
            let agreement = SampleAgreement(candidate.signed.challenge)
            guard let sample = captured.samples.first,
                agreement.matches(sample.opening.values, candidate.opening.values)
            else { continue }
            return Match(candidate: candidate, sample: sample, sensor: look.sensor, lastFailure: lastFailure)
        }
        log("no match", signed, request)
        return nil
    }
}
