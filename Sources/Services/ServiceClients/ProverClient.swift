import Encoding
import Interfaces
import ServiceSupport
import Sodium
import Varlink

/// semblanced, over its Unix socket.
public struct ProverClient: Sendable {
    private let client: VarlinkClient
    /// The socket's path.
    public let path: String
    private let failure: @Sendable (VarlinkClientError) -> any Error

    /// - Parameter failure: what a fault of the connection, or an error reply, is thrown as.
    public init(path: String, failure: @escaping @Sendable (VarlinkClientError) -> any Error) async throws {
        self.path = path
        self.failure = failure
        do {
            client = try await VarlinkClient.connect(
                to: path,
                trusted: Set([UserName.uid(ofAccount: "semblance")].compactMap { $0 })
            )
        } catch {
            throw failure(error)
        }
    }

    public struct Status: Codable, Sendable {
        public let version: String
        public let sensor: String
        public let models: [String]
        public let enrolments: Int
        /// Empty where semblanced is of a version that has one.
        public let sensors: [Sensor]
    }

    public struct Sensor: Codable, Sendable {
        public let name: String
        public let seat: String
        /// Empty while it does not answer.
        public let kind: String
        public let modalities: [String]
        /// Why it gives no samples.
        public let fault: String?

        public var words: String { fault ?? "\(kind), \(modalities.joined(separator: " and ")), \(seat)" }
    }

    public struct Enrolment: Codable, Sendable {
        public let subject: String
        public let audience: String
        /// Where the verifier was contacted; nil for an enrolment of an earlier version.
        public let origin: String?
        /// Hexadecimal.
        public let verifierKey: String
        public let modality: String
        public let label: String
        public let model: String
        public let assurance: String
        public let epoch: Int
        public let state: String
        public let created: Int
        /// Seconds until a further try is accepted, -1 for never; nil where one is now.
        public let retryAfterSeconds: Int?

        /// The lock-out in words; nil where there is none.
        public var lockOut: String? {
            retryAfterSeconds.map { $0 < 0 ? "locked out until 'semblance unlock'" : "locked out for \($0) s" }
        }
    }

    public func call(
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
            throw failure(error)
        }
    }

    /// Ends the connection, which otherwise lasts as long as the program, or the service's patience.
    public func close() async { await client.close() }

    /// Says whom this connection is for (``ProxyRule``).
    public func actFor(uid: UInt32, pid: Int32) async throws {
        try await client.actFor(uid: uid, pid: pid, failure: failure)
    }

    public func status() async throws -> Status {
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

    public func list(subject: String?) async throws -> [Enrolment] {
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

    /// What `Prove`, `Enroll` and `Rotate` are given.
    ///
    /// - Parameter alternatives: of `Prove`: challenges of which any may be answered instead.
    public static func parameters(
        challenge: [UInt8],
        alternatives: [[UInt8]] = [],
        expected: ChallengeExpectation
    ) -> [String: JSON] {
        var parameters: [String: JSON] = [
            "challenge": .string(Base64.encode(challenge)), "expected": expected.json,
        ]
        if !alternatives.isEmpty {
            parameters["alternatives"] = .array(alternatives.map { .string(Base64.encode($0)) })
        }
        return parameters
    }

    /// `Prove`, `Enroll` or `Rotate`: captures and proves.
    ///
    /// - Parameters:
    ///   - parameters: of ``parameters(challenge:alternatives:expected:)``.
    ///   - onProgress: gets stage and message; either may be missing.
    public func answer(
        _ method: String,
        _ parameters: [String: JSON],
        timeout: Duration,
        onProgress: @escaping @Sendable (_ stage: String?, _ message: String?, _ fraction: Double?) -> Void
    ) async throws -> ProverAnswer {
        let reply = try await call(method, parameters, timeout: timeout) { progress in
            onProgress(
                (try? progress.optionalString("stage")) ?? nil,
                (try? progress.optionalString("message")) ?? nil,
                (try? progress.optionalFloat("fraction")) ?? nil
            )
        }
        return ProverAnswer(
            proof: try reply.bytes("proof"),
            clientSignature: try reply.optionalBytes("clientSignature")
        )
    }

    public func commit(receipt: [UInt8]) async throws {
        _ = try await call("Commit", ["receipt": .string(Base64.encode(receipt))])
    }

    public func revoke(subject: String, audience: String, modality: String, label: String) async throws {
        _ = try await call(
            "Revoke",
            [
                "subject": .string(subject), "audience": .string(audience), "modality": .string(modality),
                "label": .string(label),
            ]
        )
    }
}
