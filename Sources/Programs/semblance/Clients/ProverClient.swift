import Encoding
import Interfaces
import ServiceSupport
import Sodium
import Varlink

/// semblanced, over its Unix socket.
struct ProverClient: Sendable {
    private let client: VarlinkClient
    private let path: String

    init(path: String) async throws {
        self.path = path
        do {
            client = try await VarlinkClient.connect(
                to: path,
                trusted: Set([UserName.uid(ofAccount: "semblance")].compactMap { $0 })
            )
        } catch {
            throw CommandFailure(error, service: "semblanced", path: path)
        }
    }

    struct Status: Codable, Sendable {
        let version: String
        let sensor: String
        let models: [String]
        let enrolments: Int
        /// Empty where semblanced is of a version that has one.
        let sensors: [Sensor]
    }

    struct Sensor: Codable, Sendable {
        let name: String
        let seat: String
        /// Empty while it does not answer.
        let kind: String
        let modalities: [String]
        /// Why it gives no samples.
        let fault: String?

        var words: String { fault ?? "\(kind), \(modalities.joined(separator: " and ")), \(seat)" }
    }

    struct Enrolment: Codable, Sendable {
        let subject: String
        let audience: String
        /// Where the verifier was contacted; nil for an enrolment of an earlier version.
        let origin: String?
        /// Hexadecimal.
        let verifierKey: String
        let modality: String
        let label: String
        let model: String
        let assurance: String
        let epoch: Int
        let state: String
        let created: Int
        /// Seconds until a further try is accepted, -1 for never; nil where one is now.
        let retryAfterSeconds: Int?

        /// The lock-out in words; nil where there is none.
        var lockOut: String? {
            retryAfterSeconds.map { $0 < 0 ? "locked out until 'semblance unlock'" : "locked out for \($0) s" }
        }
    }

    func call(
        _ method: String,
        _ parameters: [String: JSON],
        timeout: Duration = .seconds(30),
        onProgress: (@Sendable (Parameters) -> Void)? = nil
    ) async throws -> Parameters {
        do {
            return try await client.call(
                VarlinkInterface.prover.name + ".\(method)",
                parameters,
                timeout: timeout,
                onProgress: onProgress
            )
        } catch {
            throw CommandFailure(error, service: "semblanced", path: path)
        }
    }

    func status() async throws -> Status {
        let reply = try await call("Status", [:])
        return Status(
            version: try reply.string("version"),
            sensor: try reply.string("sensor"),
            models: try reply.strings("models"),
            enrolments: Int(try reply.integer("enrolments")),
            sensors: try reply.optionalObjects("sensors").map { entry in
                Sensor(
                    name: try entry.string("name"),
                    seat: try entry.string("seat"),
                    kind: try entry.string("kind"),
                    modalities: try entry.strings("modalities"),
                    fault: try entry.optionalString("fault")
                )
            }
        )
    }

    func list(subject: String?) async throws -> [Enrolment] {
        let parameters: [String: JSON] = subject.map { ["subject": .string($0)] } ?? [:]
        return try await call("List", parameters).objects("enrolments").map { entry in
            Enrolment(
                subject: try entry.string("subject"),
                audience: try entry.string("audience"),
                origin: try entry.optionalString("origin"),
                verifierKey: Hexadecimal.encode(try entry.bytes("verifierKey")),
                modality: try entry.string("modality"),
                label: try entry.string("label"),
                model: try entry.string("model"),
                assurance: try entry.string("assurance"),
                epoch: Int(try entry.integer("epoch")),
                state: try entry.string("state"),
                created: Int(try entry.integer("created")),
                retryAfterSeconds: try entry.optionalInteger("retryAfterSeconds").map { Int($0) }
            )
        }
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
        var parameters: [String: JSON] = [
            "challenge": .string(Base64.encode(challenge)), "expected": expected.json,
        ]
        if !alternatives.isEmpty {
            parameters["alternatives"] = .array(alternatives.map { .string(Base64.encode($0)) })
        }
        let capture = { [parameters] (isAskingHere: Bool) in
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
        let reply = try await call(method, parameters, timeout: timeout) { progress in
            let message = (try? progress.optionalString("message")) ?? nil
            let stage = (try? progress.optionalString("stage")) ?? nil
            if let stage { onStage(stage) }
            switch stage {
            case "consent" where isAskingHere:
                return  // the question is on the terminal, and the bar would wipe it away
            case "warning":
                bar.finish()
                Terminal.note("warning: \(message ?? "")")
            default:
                bar.update(
                    message: message ?? stage ?? "",
                    fraction: (try? progress.optionalFloat("fraction")) ?? nil
                )
            }
        }
        return ProverAnswer(
            proof: try reply.bytes("proof"),
            clientSignature: try reply.optionalBytes("clientSignature")
        )
    }

    func commit(receipt: [UInt8]) async throws {
        _ = try await call("Commit", ["receipt": .string(Base64.encode(receipt))])
    }

    func revoke(subject: String, audience: String, modality: String, label: String) async throws {
        _ = try await call(
            "Revoke",
            [
                "subject": .string(subject), "audience": .string(audience), "modality": .string(modality),
                "label": .string(label),
            ]
        )
    }
}
