import Encoding
import HummingbirdCore
import Interfaces
import ServiceSupport
import Sodium
import Varlink

/// The members of a JSON object; Hummingbird has another type called `Parameters`.
typealias JSONMembers = Varlink.Parameters

/// What each path does.
extension VerifierResponder {
    func identity() -> JSON {
        let identity = verifier.identity
        return [
            "audience": .string(identity.audience), "verifierKey": .string(Base64.encode(identity.verifierKey)),
            "tokenKey": .string(Base64.encode(identity.tokenKey)), "version": .string(identity.version),
        ]
    }

    /// The identity with the proof that it is this verifier's, see `IdentitySignature`.
    func identify(_ body: JSONMembers) throws -> JSON {
        try body.require(only: ["nonce", "origin"])
        let signature = try verifier.identitySignature(
            origin: Origin(try body.string("origin")),
            nonce: try body.bytes("nonce")
        )
        guard case .object(var members) = identity() else { throw HTTPFailure.badRequest }
        members["signature"] = .string(Base64.encode(signature))
        return .object(members)
    }

    func ready() async throws -> JSON {
        guard await readiness.isReady() else {
            throw HTTPFailure(status: .serviceUnavailable, name: "storageFailure")
        }
        return ["status": "ok"]
    }

    func challenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        try body.require(only: ["subject", "purpose", "modality", "label", "clientKey"])
        let challenges = try await verifier.challenges(
            subject: try body.string("subject"),
            purpose: try body.string("purpose"),
            modality: try body.optionalString("modality"),
            label: try body.optionalString("label"),
            for: try requester(body, context)
        )
        let encoded = challenges.map { JSON.string(Base64.encode($0)) }
        guard encoded.count > 1 else { return ["challenge": encoded[0]] }
        return ["challenge": encoded[0], "alternatives": .array(Array(encoded.dropFirst()))]
    }

    func verify(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let login = try await judging(context) { try await verifier.verify(proof: proof, from: submitter) }
        return ["verdict": .string(login.verdict.rawValue), "token": .string(try await tokens.issue(for: login))]
    }

    func enrolChallenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        try body.require(
            only: ["enrolmentToken", "subject", "modality", "label", "samples", "assurance", "clientKey"]
        )
        let challenge = try await verifier.enrolChallenge(
            subject: try body.string("subject"),
            modality: try body.string("modality"),
            label: try body.string("label"),
            samples: Int(clamping: try body.integer("samples")),
            assurance: try body.optionalString("assurance"),
            enrolmentToken: try body.string("enrolmentToken"),
            for: try requester(body, context)
        )
        return ["challenge": .string(Base64.encode(challenge))]
    }

    func register(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let receipt = try await judging(context) { try await verifier.register(proof: proof, from: submitter) }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    func rotateChallenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        try body.require(only: ["subject", "modality", "label", "kind", "samples", "clientKey"])
        let challenge = try await verifier.rotateChallenge(
            subject: try body.string("subject"),
            modality: try body.string("modality"),
            label: try body.string("label"),
            kind: try body.string("kind"),
            samples: Int(clamping: try body.integer("samples")),
            for: try requester(body, context)
        )
        return ["challenge": .string(Base64.encode(challenge))]
    }

    func rotate(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let receipt = try await judging(context) { try await verifier.rotate(proof: proof, from: submitter) }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    /// The administrator is recognised before the body is read.
    func revoke(_ request: Request) async throws -> JSON {
        guard let expected = settings.administratorTokenHash, let header = request.headers[.authorization],
            header.hasPrefix("Bearer "),
            constantTimeEqual(AdministratorToken.hash(String(header.dropFirst("Bearer ".count))), expected)
        else { throw HTTPFailure(status: .unauthorized, name: "notAuthorized", closes: true) }
        let body = try await body(request)
        try body.require(only: ["subject", "modality", "label"])
        try await verifier.revoke(
            subject: try body.string("subject"),
            modality: try body.string("modality"),
            label: try body.string("label"),
            for: .administrator
        )
        return [:]
    }

    /// Runs `judge` unless the client's network has its share of the proofs that may be waiting already: one network
    /// must not fill the queue for all.
    private func judging<Output: Sendable>(
        _ context: HTTPContext,
        _ judge: () async throws -> Output
    ) async throws -> Output {
        guard proofs.take(1, for: context.customer) else { throw VerifierError.busy }
        defer { proofs.give(1, from: context.customer) }
        return try await judge()
    }

    private func requester(_ body: JSONMembers, _ context: HTTPContext) throws -> Requester {
        .remote(clientKey: try body.bytes("clientKey"), address: context.address)
    }

    private func submission(_ body: JSONMembers, _ context: HTTPContext) throws -> ([UInt8], Submitter) {
        try body.require(only: ["proof", "origin", "clientSignature"])
        return (
            try body.bytes("proof"),
            .remote(
                origin: Origin(try body.string("origin")),
                clientSignature: try body.bytes("clientSignature"),
                address: context.address
            )
        )
    }
}

extension JSONMembers {
    /// - Throws: `InvalidParameter` for a member that is not among `names`.
    fileprivate func require(only names: Set<String>) throws {
        for name in values.keys where !names.contains(name) { throw VarlinkError.invalidParameter(name) }
    }
}
