import Interfaces
import ServiceClients
import ServiceSupport
import Varlink

/// Prover and verifier of this machine, as a caller on the bus may use them: they judge him, not this program.
struct PersonalServices: Sendable {
    /// What every proof that is made here is for, and what stands in the audit trails.
    static let purpose = "fprintd"
    static let modality = "fingerprint"
    /// How many samples an enrolment takes.
    static let enrolStages = 3

    let proverPath: String
    let verifierPath: String
    let verifierOrigin: Origin

    /// An enrolled finger.
    struct Finger: Sendable {
        let label: String
        /// Nil where the label says another thing than a finger.
        let name: FingerName?
    }

    /// The sensors for fingers, by their names, in the configuration's order. One that is just being started says nothing of itself
    /// yet, and semblanced waits five seconds for it.
    ///
    /// - Parameter tries: how often it is asked while there is none and a sensor is silent.
    func readers(tries: Int) async throws -> [String] {
        try await withProver(nil) { prover in
            for left in (0..<tries).reversed() {
                let sensors = try await prover.status().sensors
                let readers = sensors.filter { $0.modalities.contains(Self.modality) }
                guard readers.isEmpty, sensors.contains(where: { $0.modalities.isEmpty }), left > 0 else {
                    return readers.map(\.name)
                }
            }
            return []
        }
    }

    /// Throws where the caller is not in front of a sensor.
    func checkPresence(of subject: String, _ caller: BusCaller) async throws {
        do {
            try await withProver(caller) { prover in
                _ = try await prover.call("MayAsk", ["subject": .string(subject), "purpose": .string(Self.purpose)])
            }
        } catch VarlinkClientError.reply(let reply) {
            switch ProverFailure(reply) {
            // Nil: the proxy's own errors, as where the caller's process has gone.
            case .presenceRequired?, .notAuthorized?, .storageFailure?, nil: throw VarlinkClientError.reply(reply)
            // Whatever else speaks against a login now, a device may be claimed for another purpose.
            default: return
            }
        }
    }

    /// Whether it is certain that the caller is not in front of a sensor any more: daemons that do not answer are no proof.
    func isAbsent(_ subject: String, _ caller: BusCaller) async -> Bool {
        guard caller.process.isAlive else { return true }
        do {
            try await checkPresence(of: subject, caller)
            return false
        } catch VarlinkClientError.reply {
            return true
        } catch {
            return false
        }
    }

    /// The fingers that the subject has enrolled with the verifier of this machine.
    func fingers(of subject: String, _ caller: BusCaller) async throws -> [Finger] {
        let audience = try await withVerifier(caller) { try await $0.identity().audience }
        return try await withProver(caller) { try await $0.list(subject: subject) }
            .filter { $0.modality == Self.modality && $0.state == "active" && $0.audience == audience }
            .map { Finger(label: $0.label, name: FingerName(label: $0.label)) }
    }

    /// One capture, compared with the fingers that are enrolled under the label, or with all. Returns where it matches.
    ///
    /// - Parameter onProgress: see ``ProverClient/answer(_:_:timeout:onProgress:)``.
    func verify(
        _ subject: String,
        label: String?,
        _ caller: BusCaller,
        onProgress: @escaping @Sendable (_ stage: String?, _ message: String?, _ fraction: Double?) -> Void
    ) async throws {
        try await withVerifier(caller) { verifier in
            let issued = try await verifier.challenge(
                subject: subject,
                purpose: Self.purpose,
                modality: Self.modality,
                label: label,
                clientKey: []
            )
            let expected = ChallengeExpectation(
                origin: verifierOrigin,
                role: "authenticate",
                subject: subject,
                purpose: Self.purpose,
                samples: 1,
                modality: Self.modality,
                label: label
            )
            let parameters = ProverClient.parameters(
                challenge: issued.challenge,
                alternatives: issued.alternatives,
                expected: expected
            )
            let made = try await withProver(caller) { prover in
                try await prover.answer("Prove", parameters, timeout: .seconds(300), onProgress: onProgress)
            }
            // A proof without a sensor's word is none of a finger.
            guard try await verifier.verify(made).verdict == "biometric" else {
                throw FprintError(.internalFault, "no sensor vouches for the sample")
            }
        }
    }

    func enrol(
        _ subject: String,
        _ finger: FingerName,
        _ caller: BusCaller,
        onProgress: @escaping @Sendable (_ stage: String?, _ message: String?, _ fraction: Double?) -> Void
    ) async throws {
        try await withVerifier(caller) { verifier in
            try await withProver(caller) { prover in
                let challenge = try await verifier.enrolChallenge(
                    subject: subject,
                    modality: Self.modality,
                    label: finger.label,
                    samples: Self.enrolStages,
                    assurance: nil,
                    clientKey: []
                )
                let expected = ChallengeExpectation(
                    origin: verifierOrigin,
                    role: "enrol",
                    subject: subject,
                    purpose: "enrol",
                    samples: Self.enrolStages,
                    modality: Self.modality,
                    label: finger.label,
                    audience: try await verifier.identity().audience
                )
                let parameters = ProverClient.parameters(challenge: challenge, expected: expected)
                let made = try await prover.answer("Enroll", parameters, timeout: .seconds(600), onProgress: onProgress)
                // What is on record at one of the two should be at the other: from here on nobody's leaving interrupts.
                try await Task {
                    let receipt = try await verifier.register(made)
                    try await prover.commit(receipt: receipt)
                }.value
            }
        }
    }

    /// The verifier refuses the finger first, then its template here is destroyed.
    func revoke(_ label: String, of subject: String, _ caller: BusCaller) async throws {
        let audience = try await withVerifier(caller) { verifier in
            let audience = try await verifier.identity().audience
            try await verifier.revoke(subject: subject, modality: Self.modality, label: label)
            return audience
        }
        try await withProver(caller) { prover in
            try await prover.revoke(subject: subject, audience: audience, modality: Self.modality, label: label)
        }
    }

    // MARK: Connections

    /// A connection for one task, which is the caller's: what is asked by it, he asks.
    ///
    /// - Parameter caller: nil for what is nobody's.
    private func withProver<Result: Sendable>(
        _ caller: BusCaller?,
        _ body: (ProverClient) async throws -> Result
    ) async throws -> Result {
        let prover = try await ProverClient(path: proverPath) { $0 }
        do {
            if let caller {
                try await prover.actFor(uid: caller.uid, pid: caller.process.pid)
                try check(caller)
            }
            let result = try await body(prover)
            await prover.close()
            return result
        } catch {
            await prover.close()
            throw error
        }
    }

    private func withVerifier<Result: Sendable>(
        _ caller: BusCaller,
        _ body: (LocalVerifier) async throws -> Result
    ) async throws -> Result {
        let verifier = try await LocalVerifier(path: verifierPath, origin: verifierOrigin) { $0 }
        do {
            try await verifier.actFor(uid: caller.uid, pid: caller.process.pid)
            try check(caller)
            let result = try await body(verifier)
            await verifier.close()
            return result
        } catch {
            await verifier.close()
            throw error
        }
    }

    /// As the process lives, what the daemon has found by its pid is this one.
    private func check(_ caller: BusCaller) throws {
        guard caller.process.isAlive else { throw FprintError(.permissionDenied, "the process that asks has ended") }
    }
}
