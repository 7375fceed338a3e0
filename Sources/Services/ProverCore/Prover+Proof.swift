import Commitments
import Interfaces
import Logging
import MatchProof
import Statement
import Vault

/// Attempts, which are counted before they are made, and proofs.
extension Prover {
    /// A counted proof: the attempt has failed until the proof is made.
    ///
    /// - Parameter enrolled: when the template was enrolled, in seconds since 1970.
    func countedProof(
        _ signed: SignedChallenge,
        _ samples: [[CommittedSample]],
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

    func opening(_ enrolment: Enrolment) throws(ProverFailure) -> TemplateOpening {
        try storing { () throws(VaultError) in try vault.opening(enrolment.key) }
    }

    /// Proves the challenge's statement about the samples.
    ///
    /// - Parameter samples: of the challenge's model and, for an upgrade, of the previous one.
    func proof(
        _ signed: SignedChallenge,
        _ samples: [[CommittedSample]],
        _ opening: TemplateOpening?,
        _ request: Request
    ) throws(ProverFailure) -> MatchProver.Output {
        let models = try models(signed.challenge)
        request.report("prove", "proving", 0)
        defer { idleMemory.workEnded() }
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
            case .interrupted, .internalFault: throw internalFault(error, signed, request)
            }
        }
    }

    /// A fault of the prover itself: nothing that the caller could wait for, or do better.
    private func internalFault(_ error: any Error, _ signed: SignedChallenge, _ request: Request) -> ProverFailure {
        logger.error(
            "the prover failed",
            metadata: [
                "cause": "\(error)", "peer": "\(request.peer)", "audience": "\(signed.challenge.audience)",
                "role": "\(signed.challenge.role.name)", "assurance": "\(signed.challenge.assurance.name)",
                "outcome": "internal fault",
            ]
        )
        return .internalFault
    }
}
