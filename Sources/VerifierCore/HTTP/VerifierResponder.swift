import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceSupport
import Sodium
import Varlink

/// The HTTP interface (`docs/verifier.md`): JSON in, JSON out, one shape for all errors.
struct VerifierResponder: Sendable {
    let verifier: Verifier
    let tokens: TokenIssuer
    let settings: HTTPSettings
    let rates: RateLimiter
    /// Supervisors ask often, and are not to be put off; but nobody may ask without end.
    let probeRates: RateLimiter
    let proofs: SharedBudget
    let readiness: ReadinessProbe

    private static let maximumDepth = 4

    /// The paths, with the methods that each takes; those of GET answer HEAD as well.
    enum Route: String {
        case identity = "/v1/identity"
        case health = "/v1/health"
        case live = "/v1/live"
        case ready = "/v1/ready"
        case keys = "/.well-known/jwks.json"
        case challenge = "/v1/challenge"
        case verify = "/v1/verify"
        case enrolChallenge = "/v1/enrol/challenge"
        case enrol = "/v1/enrol"
        case rotateChallenge = "/v1/rotate/challenge"
        case rotate = "/v1/rotate"
        case revoke = "/v1/revoke"

        var methods: [HTTPRequest.Method] {
            switch self {
            case .identity: [.get, .head, .post]
            case .health, .live, .ready, .keys: [.get, .head]
            default: [.post]
            }
        }

        /// Whether the service's supervisor asks here, who has a rate of his own.
        var isProbe: Bool { self == .health || self == .live || self == .ready }
    }

    func respond(to request: Request, context: HTTPContext) async throws -> Response {
        do {
            let route = Route(rawValue: request.uri.path)
            let limiter = route?.isProbe == true ? probeRates : rates
            if let wait = limiter.admit(context.network) {
                throw HTTPFailure.tooManyRequests(retryAfterSeconds: wait)
            }
            guard let route else { throw HTTPFailure.notFound }
            try check(request.method, route)
            return response(.ok, try await answer(route, request, context))
        } catch let failure as HTTPFailure {
            return response(failure)
        } catch let error as VerifierError {
            return response(HTTPFailure(error))
        } catch is VarlinkError {
            return response(.badRequest)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            verifier.logger.error("request failed", metadata: ["error": "\(error)"])
            return response(HTTPFailure(status: .internalServerError, name: "internal"))
        }
    }

    private func check(_ method: HTTPRequest.Method, _ route: Route) throws(HTTPFailure) {
        guard route.methods.contains(method) else { throw .methodNotAllowed(route.methods) }
    }

    private func answer(_ route: Route, _ request: Request, _ context: HTTPContext) async throws -> JSON {
        switch route {
        case .identity:
            return request.method == .post ? try identify(try await body(request)) : identity()
        case .live: return ["status": "ok"]
        case .health, .ready: return try await ready()
        case .keys: return ["keys": [tokens.jwk]]
        case .challenge: return try await challenge(try await body(request), context)
        case .verify: return try await verify(try await body(request), context)
        case .enrolChallenge: return try await enrolChallenge(try await body(request), context)
        case .enrol: return try await register(try await body(request), context)
        case .rotateChallenge: return try await rotateChallenge(try await body(request), context)
        case .rotate: return try await rotate(try await body(request), context)
        case .revoke: return try await revoke(request)
        }
    }

    private func identity() -> JSON {
        let identity = verifier.identity
        return [
            "audience": .string(identity.audience), "verifierKey": .string(Base64.encode(identity.verifierKey)),
            "tokenKey": .string(Base64.encode(identity.tokenKey)), "version": .string(identity.version),
        ]
    }

    /// The identity with the proof that it is this verifier's, see `IdentitySignature`.
    private func identify(_ body: JSONMembers) throws -> JSON {
        try body.require(only: ["nonce", "origin"])
        let signature = try verifier.identitySignature(
            origin: Origin(try body.string("origin")),
            nonce: try body.bytes("nonce")
        )
        guard case .object(var members) = identity() else { throw HTTPFailure.badRequest }
        members["signature"] = .string(Base64.encode(signature))
        return .object(members)
    }

    private func ready() async throws -> JSON {
        guard await readiness.isReady() else {
            throw HTTPFailure(status: .serviceUnavailable, name: "storageFailure")
        }
        return ["status": "ok"]
    }

    private func challenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
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

    private func verify(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let login = try await judging(context) { try await verifier.verify(proof: proof, from: submitter) }
        return ["verdict": .string(login.verdict.rawValue), "token": .string(try await tokens.issue(for: login))]
    }

    private func enrolChallenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
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

    private func register(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let receipt = try await judging(context) { try await verifier.register(proof: proof, from: submitter) }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    private func rotateChallenge(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
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

    private func rotate(_ body: JSONMembers, _ context: HTTPContext) async throws -> JSON {
        let (proof, submitter) = try submission(body, context)
        let receipt = try await judging(context) { try await verifier.rotate(proof: proof, from: submitter) }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    /// The administrator is recognised before the body is read.
    private func revoke(_ request: Request) async throws -> JSON {
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

    /// The body as one JSON object of bounded size and depth. Only `application/json` is taken: a web page cannot have
    /// a browser send that to another site without being asked for permission.
    private func body(_ request: Request) async throws -> JSONMembers {
        let type = request.headers[.contentType]?.split(separator: ";").first?.split(separator: " ").first?.lowercased()
        guard type == "application/json" else { throw HTTPFailure.unsupportedMediaType }
        let bytes = try await bytes(of: request.body)
        guard let value = try? JSON(parsing: bytes, maximumDepth: Self.maximumDepth), case .object(let members) = value
        else { throw HTTPFailure.badRequest }
        return JSONMembers(members)
    }

    /// ``BodyLimitHandler`` bounds them. Whatever else ends the stream before its time is the client's doing.
    private func bytes(of body: RequestBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await buffer in body { bytes.append(contentsOf: buffer.readableBytesView) }
        } catch let failure as HTTPFailure {
            throw failure
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            verifier.logger.debug("a request's body is malformed", metadata: ["error": "\(error)"])
            throw HTTPFailure.malformed
        }
        return bytes
    }

    private func response(_ failure: HTTPFailure) -> Response {
        var body: [String: JSON] = ["error": .string(failure.name)]
        if failure.name == "lockedOut", let seconds = failure.retryAfterSeconds {
            body["retryAfterSeconds"] = .integer(Int64(seconds))
        }
        var response = response(failure.status, .object(body))
        if let seconds = failure.retryAfterSeconds, seconds > 0 {
            response.headers[.retryAfter] = "\(seconds)"
        }
        if !failure.allowed.isEmpty {
            response.headers[.allow] = failure.allowed.map(\.rawValue).joined(separator: ", ")
        }
        if failure.status == .unauthorized { response.headers[.wwwAuthenticate] = #"Bearer realm="semblance""# }
        if failure.closes { response.headers[.connection] = "close" }
        return response
    }

    private func response(_ status: HTTPResponse.Status, _ body: JSON) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/json", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.encode()))
        )
    }
}

extension JSONMembers {
    /// - Throws: `InvalidParameter` for a member that is not among `names`.
    fileprivate func require(only names: Set<String>) throws {
        for name in values.keys where !names.contains(name) { throw VarlinkError.invalidParameter(name) }
    }
}
