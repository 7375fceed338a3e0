import MatchProof
import Statement
import Vault

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
    ) async throws(ProverFailure) -> (samples: [MatchProver.Sample], sensor: ProverSensor) {
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

    /// Warns where all samples match what the subject enrolled under another label. For root only: an unlocked session
    /// must not learn from an enrolment whom a stranger's finger is like.
    func warnOfDuplicate(
        _ samples: [MatchProver.Sample],
        of key: EnrolmentKey,
        _ challenge: Challenge,
        _ request: Request
    ) {
        guard request.peer == 0, let known = try? vault.enrolments() else { return }
        let agreement = SampleAgreement(challenge)
        for other in known where other.key != key && other.policy.model == challenge.model && other.current != nil {
            guard other.key.subject == key.subject, other.key.audience == key.audience,
                other.key.modality == key.modality, let template = try? vault.opening(other.key),
                samples.allSatisfy({ agreement.matches($0.opening.values, template.values) })
            else { continue }
            request.report("warning", "this \(key.modality.name) is enrolled already, as \(other.key.label)", 1)
        }
    }
}
