import Logging
import MatchProof
import SensorClient
import ServiceSupport
import Vault

/// Logins: a fresh sample is like the template of any enrolment that the verifier would take.
extension Prover {
    /// A challenge that can be answered, and the template that it asks about.
    private struct Candidate {
        let signed: SignedChallenge
        let enrolment: Enrolment
        let opening: TemplateOpening
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
        let candidates = try candidates(challenges, origin, uid: uid, request)
        let signed = candidates.map(\.signed)
        let (output, enrolment) = try await withCapture(signed, of: uid, at: origin, request) {
            () async throws(ProverFailure) in
            let captured = try await self.samples(signed, request)
            let (candidate, sample, lastFailure) = try self.matching(candidates, captured, request)
            // The samples for other challenges, and their blinders, are gone here.
            let output = try self.proof(candidate.signed, [[sample]], candidate.opening, request)
            let enrolled = candidate.enrolment.created
            try self.succeeded(candidate.signed, enrolled: enrolled, lastFailure: lastFailure, request)
            return (output, candidate.enrolment)
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

    /// One capture, and a sample of it for every challenge of its modality.
    private func samples(
        _ challenges: [SignedChallenge],
        _ request: Request
    ) async throws(ProverFailure) -> [CapturedSample] {
        let (challenge, presented) = (challenges[0].challenge, PresentedWords.list(challenges.map(\.challenge)))
        request.report("capture", "\(challenge.audience) asks for \(presented) for \(challenge.purpose)", 0)
        return try await capture(challenges, index: 0, fraction: 0, request)
    }

    /// Compares the capture with every template, each under its own bounds, which is one attempt however many there
    /// are: it counts as failed before it is made.
    ///
    /// - Returns: the first that matches, and when the last failure before this attempt was. A choice by closeness would show
    ///   the verifier which template is the closest; the order is his own.
    private func matching(
        _ candidates: [Candidate],
        _ captured: [CapturedSample],
        _ request: Request
    ) throws(ProverFailure) -> (Candidate, MatchProver.Sample, lastFailure: Int64?) {
        guard let signed = captured.first.map({ candidates[$0.challenge].signed }) else {
            throw .sensorUnavailable(hint: "the sensor gave no sample")
        }
        let lastFailure = try beginAttempt(signed.challenge)
        for sample in captured {
            let candidate = candidates[sample.challenge]
            let agreement = SampleAgreement(candidate.signed.challenge)
            guard let sample = sample.samples.first,
                agreement.matches(sample.opening.values, candidate.opening.values)
            else { continue }
            return (candidate, sample, lastFailure)
        }
        log("no match", signed, request)
        throw .noMatch
    }
}
