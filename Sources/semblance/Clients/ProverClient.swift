import ServiceSupport
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
    }

    struct Enrolment: Codable, Sendable {
        let subject: String
        let audience: String
        let modality: String
        let label: String
        let model: String
        let assurance: String
        let epoch: Int
        let state: String
        let created: Int
    }

    func call(
        _ method: String,
        _ parameters: [String: JSON],
        timeout: Duration = .seconds(30),
        onProgress: (@Sendable (Parameters) -> Void)? = nil
    ) async throws -> Parameters {
        do {
            return try await client.call(
                "org.semblance.Prover.\(method)",
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
            enrolments: Int(try reply.integer("enrolments"))
        )
    }

    func list(subject: String?) async throws -> [Enrolment] {
        let parameters: [String: JSON] = subject.map { ["subject": .string($0)] } ?? [:]
        return try await call("List", parameters).objects("enrolments").map { entry in
            Enrolment(
                subject: try entry.string("subject"),
                audience: try entry.string("audience"),
                modality: try entry.string("modality"),
                label: try entry.string("label"),
                model: try entry.string("model"),
                assurance: try entry.string("assurance"),
                epoch: Int(try entry.integer("epoch")),
                state: try entry.string("state"),
                created: Int(try entry.integer("created"))
            )
        }
    }

    /// `Prove`, `Enroll` or `Rotate`: captures, proves, and shows what is going on.
    func proof(_ method: String, challenge: [UInt8], timeout: Duration) async throws -> [UInt8] {
        let bar = ProgressBar()
        defer { bar.finish() }
        let reply = try await call(
            method,
            ["challenge": .string(Base64.encode(challenge))],
            timeout: timeout
        ) { progress in
            let message = (try? progress.optionalString("message")) ?? nil
            let stage = (try? progress.optionalString("stage")) ?? nil
            if stage == "warning", let message {
                bar.finish()
                Terminal.note("warning: \(message)")
                return
            }
            bar.update(message: message ?? stage ?? "", fraction: (try? progress.optionalFloat("fraction")) ?? nil)
        }
        return try reply.bytes("proof")
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
