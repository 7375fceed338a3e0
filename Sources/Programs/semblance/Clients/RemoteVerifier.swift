import Encoding
import ServiceClients
import ServiceSupport
import Sodium
import Varlink

/// A verifier behind HTTP. Challenges and proofs are bound to the prover's device key for its origin.
struct RemoteVerifier: VerifierClient {
    let origin: Origin
    private let enrolmentToken: EnrolmentToken?

    /// - Parameter enrolmentToken: sent with the request to enrol; ``EnrolmentPlace`` looks before whom it is shown to.
    init(address: String, enrolmentToken: EnrolmentToken? = nil) throws {
        guard let origin = Origin(address: address) else {
            if address.lowercased().hasPrefix("http://") {
                throw CommandFailure(
                    .badInput,
                    "refusing plain HTTP to \(address)",
                    hint: "use https://, or http:// on the loopback address"
                )
            }
            throw CommandFailure(
                .badInput,
                "not a verifier's address: \(address)",
                hint: "it is https://host or https://host:port, in ASCII and without user, path or query"
            )
        }
        self.origin = origin
        self.enrolmentToken = enrolmentToken
    }

    func identity() async throws -> VerifierIdentity {
        let reply = try await send("GET", "/v1/identity", [:])
        return VerifierIdentity(
            audience: try reply.string("audience"),
            verifierKey: Hexadecimal.encode(try reply.bytes("verifierKey"))
        )
    }

    /// Its audience and key, after it has shown that it holds the key and answers at this origin: whoever only passes
    /// another's answers on cannot.
    func provenIdentity() async throws -> (audience: String, verifierKey: [UInt8]) {
        let nonce = SecureRandom.bytes(IdentitySignature.nonceByteCount)
        let reply = try await send(
            "POST",
            "/v1/identity",
            ["nonce": .string(Base64.encode(nonce)), "origin": .string(origin.text)]
        )
        let audience = try reply.string("audience")
        let key = try reply.bytes("verifierKey")
        let message = IdentitySignature.message(origin: origin, audience: audience, nonce: nonce)
        guard let verifier = VerifyingKey(key),
            verifier.isValid(signature: try reply.bytes("signature"), for: message)
        else {
            throw CommandFailure(
                .refused,
                "\(origin) does not hold the key that it shows",
                hint: "somebody may be impersonating the verifier; do not go on"
            )
        }
        return (audience, key)
    }

    func challenge(
        subject: String,
        purpose: String,
        modality: String?,
        label: String?,
        clientKey: [UInt8]
    ) async throws -> LoginChallenge {
        var body: [String: JSON] = [
            "subject": .string(subject), "purpose": .string(purpose), "clientKey": .string(Base64.encode(clientKey)),
        ]
        body["modality"] = modality.map { .string($0) }
        body["label"] = label.map { .string($0) }
        let reply = try await send("POST", "/v1/challenge", body)
        return LoginChallenge(
            challenge: try reply.bytes("challenge"),
            alternatives: try reply.bytesList("alternatives")
        )
    }

    func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String?,
        clientKey: [UInt8]
    ) async throws -> [UInt8] {
        guard let enrolmentToken else {
            throw CommandFailure(
                .notPermitted,
                "enrolling with a remote verifier takes an enrolment token",
                hint: "ask its administrator to run 'semblance-verifier enrol-token --subject \(subject)'"
            )
        }
        var body: [String: JSON] = [
            "enrolmentToken": .string(enrolmentToken.text), "subject": .string(subject),
            "modality": .string(modality), "label": .string(label), "samples": .integer(Int64(samples)),
            "clientKey": .string(Base64.encode(clientKey)),
        ]
        body["assurance"] = assurance.map { .string($0) }
        return try await send("POST", "/v1/enrol/challenge", body).bytes("challenge")
    }

    func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int,
        clientKey: [UInt8]
    ) async throws -> [UInt8] {
        try await send(
            "POST",
            "/v1/rotate/challenge",
            [
                "subject": .string(subject), "modality": .string(modality), "label": .string(label),
                "kind": .string(kind), "samples": .integer(Int64(samples)),
                "clientKey": .string(Base64.encode(clientKey)),
            ]
        ).bytes("challenge")
    }

    func register(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await send("POST", "/v1/enrol", submission(answer)).bytes("receipt")
    }

    func rotate(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await send("POST", "/v1/rotate", submission(answer)).bytes("receipt")
    }

    func verify(_ answer: ProverAnswer) async throws -> VerifierAnswer {
        let reply = try await send("POST", "/v1/verify", submission(answer))
        let verdict = try reply.string("verdict")
        guard ["biometric", "possession"].contains(verdict) else { throw senseless }
        return VerifierAnswer(verdict: verdict, token: try reply.optionalString("token"))
    }

    func revoke(subject: String, modality: String, label: String) async throws {
        throw CommandFailure(
            .notPermitted,
            "a remote verifier revokes on its administrator's word",
            hint: "there: semblance-verifier revoke --subject \(subject)"
        )
    }

    private func submission(_ answer: ProverAnswer) -> [String: JSON] {
        [
            "proof": .string(Base64.encode(answer.proof)), "origin": .string(origin.text),
            "clientSignature": .string(Base64.encode(answer.clientSignature ?? [])),
        ]
    }

    private func send(_ method: String, _ path: String, _ body: [String: JSON]) async throws -> ServerReply {
        let content = method == "POST" ? JSON.object(body).encode() : []
        let (data, status) = try await exchange(HTTPExchange(origin: origin, method: method, path: path, body: content))
        if (300..<400).contains(status) {
            throw CommandFailure(
                .unavailable,
                "\(origin) sends us elsewhere (HTTP status \(status)), and a proof is for one place only",
                hint: "name the verifier's own address"
            )
        }
        guard case .object(let members)? = try? JSON(parsing: data) else { throw senseless }
        guard status == 200 else { throw failure(status: status, members) }
        return ServerReply(members: Parameters(members), failure: senseless)
    }

    /// An answer whose members are of the server's making: one that is missing or of another type makes no sense.
    private struct ServerReply {
        let members: Parameters
        let failure: CommandFailure

        func string(_ name: String) throws -> String { try reading { try $0.string(name) } }
        func optionalString(_ name: String) throws -> String? { try reading { try $0.optionalString(name) } }
        func bytes(_ name: String) throws -> [UInt8] { try reading { try $0.bytes(name) } }
        func bytesList(_ name: String) throws -> [[UInt8]] { try reading { try $0.bytesList(name) } }

        private func reading<Value>(_ body: (Parameters) throws -> Value) throws -> Value {
            do { return try body(members) } catch { throw failure }
        }
    }

    private var senseless: CommandFailure {
        CommandFailure(.unavailable, "the verifier at \(origin) gave no sensible answer")
    }

    private func exchange(_ exchange: HTTPExchange) async throws -> (data: [UInt8], status: Int) {
        do {
            return try await exchange.run()
        } catch HTTPExchange.Failure.tooLong {
            throw CommandFailure(
                .unavailable,
                "the verifier at \(origin) answered with more than \(HTTPExchange.replyLimit) bytes"
            )
        } catch HTTPExchange.Failure.unreachable(let reason) {
            throw CommandFailure(
                .unavailable,
                "cannot reach the verifier at \(origin): \(reason)",
                hint: "is its address right, and is it running?"
            )
        }
    }

    private func failure(status: Int, _ members: [String: JSON]) -> CommandFailure {
        switch status {
        case 400:
            return .notAccepted(by: "the verifier")
        case 401, 403:
            return CommandFailure(.refused, "the verifier refused")
        case 409:
            if case .string("nothingToUpgrade")? = members["error"] { return .nothingToUpgrade }
            return CommandFailure(.enrolment, "there is such an enrolment already")
        case 429:
            let seconds: Int64? =
                if case .integer(let value)? = members["retryAfterSeconds"] { value } else { nil }
            return .tooMany(members["error"], retryAfter: seconds)
        case 503:
            return .tooMany("busy", retryAfter: nil)
        default:
            return CommandFailure(.unavailable, "the verifier answered with HTTP status \(status)")
        }
    }
}
