import Ristretto255
import Sodium

@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport

/// A proof system with parts left out on both sides, to show that they are needed.
struct Mutant {
    var labels: Set<ProofLabel> = []
    var families: Set<ConstraintFamily> = []

    /// The real system.
    static let none = Mutant()

    func prepare(_ transcript: inout ProofTranscript) {
        transcript.checks.omittedLabels.formUnion(labels)
        transcript.checks.omittedFamilies = families
    }

    /// Whether this system's verifier accepts the proof proper, after a round trip through its encoding. Signatures are
    /// not looked at: `MatchVerifier.verify` checks them before.
    func accepts(_ envelope: ProofEnvelope) throws -> Bool {
        let decoded = try ProofEnvelope(decoding: envelope.encode(), model: { _ in envelope.model })
        return holds(decoded)
    }

    /// Whether the equations of a part hold in this system.
    func holds(_ envelope: ProofEnvelope, part: Int = 0) -> Bool {
        guard let equations = try? MatchVerifier.equations(envelope, part: part, prepare: prepare) else { return false }
        var weights = SystemRandom()
        return equations.hold(using: &weights)
    }
}

extension MatchVerifier {
    /// The shipped verifier's equations.
    ///
    /// - Parameter prepare: what is done to its transcript before message 0.
    static func equations(
        _ envelope: ProofEnvelope,
        part: Int = 0,
        prepare: (inout ProofTranscript) -> Void
    ) throws(VerificationFailure) -> MatchEquations {
        let statement = MatchStatement(envelope, part: part)
        return try equations(envelope, part: part, transcript: statement.transcript(preparing: prepare))
    }
}
