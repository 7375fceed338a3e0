import Encoding
import HTTPTypes
import HummingbirdCore
import Interfaces
import Logging
import NIOCore
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
        /// Whether the request holds a proof; the others are short.
        var takesProof: Bool { self == .verify || self == .enrol || self == .rotate }
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

    /// The body as one JSON object of bounded size and depth. Only `application/json` is taken: a web page cannot have
    /// a browser send that to another site without being asked for permission.
    func body(_ request: Request) async throws -> JSONMembers {
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

/// What a request brings along besides itself: where it came from.
struct HTTPContext: Sendable {
    /// The client's IP address; nil if the system does not tell it.
    let client: NetworkAddress?

    /// The client's IP address as text; empty if the system does not tell it.
    var address: String { client.map { "\($0)" } ?? "" }
    /// What counts as one client.
    var network: [UInt8] { client?.network ?? [] }
    /// What shares are dealt out to.
    var customer: [UInt8] { client?.customer ?? [] }
}

/// Asks whether the service could do its work, at most once a second however often it is asked itself: the question
/// costs the database something, and anybody may ask.
actor ReadinessProbe {
    private static let freshness: Duration = .seconds(1)

    private let ask: @Sendable () async -> Bool
    private var answer: (isReady: Bool, time: ContinuousClock.Instant)?
    private var asking: Task<Bool, Never>?

    init(_ ask: @escaping @Sendable () async -> Bool) {
        self.ask = ask
    }

    func isReady() async -> Bool {
        if let answer, ContinuousClock.now - answer.time < Self.freshness { return answer.isReady }
        if let asking { return await asking.value }
        let task = Task { [ask] in await ask() }
        asking = task
        let isReady = await task.value
        answer = (isReady, ContinuousClock.now)
        asking = nil
        return isReady
    }
}
