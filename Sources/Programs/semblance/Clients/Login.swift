import Interfaces
import ServiceClients
import Synchronization

/// A login at a verifier, from asking for a challenge to the verdict.
struct Login {
    let verifier: any VerifierClient
    let prover: ProverClient
    let subject: String
    let purpose: String
    /// Nil: any that is enrolled.
    var modality: String?
    var label: String?

    struct Outcome {
        let proofByteCount: Int
        let answer: VerifierAnswer
        let times: Times
    }

    /// In milliseconds, as the client sees them.
    struct Times: Codable {
        /// Asking the verifier for a challenge.
        let challenge: Double
        /// From handing it over until a sample was taken and found to match: waiting for the sensor and for the person, aligning,
        /// the network.
        let capture: Double
        let prove: Double
        let verify: Double

        var total: Double { challenge + capture + prove + verify }
        /// What `semblance authenticate` has always reported as one.
        var captureAndProve: Double { capture + prove }
    }

    /// - Parameters:
    ///   - onCapture: called when the person is asked to present face or finger, each time.
    ///   - onProof: given the proof before the verifier is.
    func run(
        onCapture: @escaping @Sendable () -> Void = {},
        onProof: ([UInt8]) throws -> Void = { _ in }
    ) async throws -> Outcome {
        let start = ContinuousClock.now
        let issued = try await verifier.challenge(
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label,
            clientKey: try await prover.deviceKey(subject: subject, origin: verifier.origin)
        )
        let challenged = ContinuousClock.now
        let proving = Mutex<ContinuousClock.Instant?>(nil)
        let made = try await prover.proof(
            "Prove",
            challenge: issued.challenge,
            alternatives: issued.alternatives,
            expected: expectation,
            timeout: .seconds(300)
        ) { stage in
            if stage == "capture" { onCapture() }
            if stage == "prove" { proving.withLock { $0 = $0 ?? .now } }
        }
        let proved = ContinuousClock.now
        try onProof(made.proof)
        let handedOver = ContinuousClock.now
        let answer = try await verifier.verify(made)
        let captured = proving.withLock { $0 } ?? proved
        func milliseconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant = .now) -> Double {
            from.duration(to: to) / .milliseconds(1)
        }
        return Outcome(
            proofByteCount: made.proof.count,
            answer: answer,
            times: Times(
                challenge: milliseconds(start, challenged),
                capture: milliseconds(challenged, captured),
                prove: milliseconds(captured, proved),
                verify: milliseconds(handedOver)
            )
        )
    }

    private var expectation: ChallengeExpectation {
        ChallengeExpectation(
            origin: verifier.origin,
            role: "authenticate",
            subject: subject,
            purpose: purpose,
            samples: 1,
            modality: modality,
            label: label
        )
    }
}
