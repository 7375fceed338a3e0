import Encoding
import Interfaces
import ServiceClients
import ServiceSupport
import Sodium

/// How the command line talks to semblanced: faults are for people, progress is for terminals.
extension ProverClient {
    init(path: String) async throws {
        try await self.init(path: path) { CommandFailure($0, service: "semblanced", path: path) }
    }

    /// The subject's client key for the verifier at this origin; of a socket, which binds challenges otherwise, zeros.
    func deviceKey(subject: String, origin: Origin) async throws -> [UInt8] {
        guard origin.isRemote else { return [UInt8](repeating: 0, count: VerifyingKey.byteCount) }
        guard UserName.uid(ofAccount: subject) != nil else {
            throw CommandFailure(.enrolment, "there is no account \(subject) on this machine")
        }
        return try await call("DeviceKey", ["subject": .string(subject), "origin": .string(origin.text)]).bytes(
            "clientKey"
        )
    }

    /// `Prove`, `Enroll` or `Rotate`: captures, proves, and shows what is going on. For a remote verifier the person is
    /// asked first, on this process's terminal if it has one.
    ///
    /// - Parameters:
    ///   - alternatives: of `Prove`: challenges of which any may be answered instead.
    ///   - onStage: told the name of each stage as it begins or goes on.
    func proof(
        _ method: String,
        challenge: [UInt8],
        alternatives: [[UInt8]] = [],
        expected: ChallengeExpectation,
        timeout: Duration,
        onStage: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ProverAnswer {
        let parameters = Self.parameters(challenge: challenge, alternatives: alternatives, expected: expected)
        let capture = { (isAskingHere: Bool) in
            try await captured(method, parameters, timeout: timeout, isAskingHere: isAskingHere, onStage: onStage)
        }
        guard expected.origin.isRemote, TerminalQuestion().canAsk else { return try await capture(false) }
        return try await TerminalAgent.attending(prover: path) { try await capture(true) }
    }

    private func captured(
        _ method: String,
        _ parameters: [String: JSON],
        timeout: Duration,
        isAskingHere: Bool,
        onStage: @escaping @Sendable (String) -> Void
    ) async throws -> ProverAnswer {
        let bar = ProgressBar()
        defer { bar.finish() }
        return try await answer(method, parameters, timeout: timeout) { stage, message, fraction in
            if let stage { onStage(stage) }
            switch stage {
            case "consent" where isAskingHere:
                return  // the question is on the terminal, and the bar would wipe it away
            case "warning":
                bar.finish()
                Terminal.note("warning: \(message ?? "")")
            default:
                bar.update(message: message ?? stage ?? "", fraction: fraction)
            }
        }
    }
}
