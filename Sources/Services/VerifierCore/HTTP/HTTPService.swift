import Glibc
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import ServiceLifecycle

/// The verifier over HTTP/1.1, with TLS unless it listens on a loopback address.
public final class HTTPService: Service {
    /// What a request may hold besides a proof in base64, and all of a request without one.
    private static let maximumEnvelopeBytes = 8192
    private static let maximumPlainBytes = 4096
    /// Requests to `/v1/live`, `/v1/ready` and `/v1/health` that one address may make per minute.
    private static let probesPerMinute = 1200

    private let server: HTTPServer
    private let files: TLSFiles?
    private let tls: TLSContext?
    private let logger: Logger

    /// - Parameters:
    ///   - endpoint: where to listen; nil for the address and port of `settings`.
    ///   - grace: how long answers may take once the service stops.
    ///   - onListening: called once with the port when requests are being accepted.
    /// - Throws: ``ConfigurationError`` for certificate files or a passed socket that cannot be used.
    public init(
        verifier: Verifier,
        tokens: TokenIssuer,
        settings: HTTPSettings,
        endpoint: HTTPEndpoint? = nil,
        grace: Duration = .seconds(4),
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(ConfigurationError) {
        let endpoint = endpoint ?? .address(settings.address, port: settings.port)
        try endpoint.check(isEncrypted: settings.tls != nil)
        let registry = ConnectionRegistry(
            limit: settings.maximumConnections,
            limitPerNetwork: settings.maximumConnectionsPerAddress
        )
        let connection = Self.connection(verifier, tokens, settings, registry)
        let tls = try settings.tls.map { files throws(ConfigurationError) in try TLSContext(connection, files) }
        self.tls = tls
        self.files = settings.tls
        self.logger = logger
        self.server = HTTPServer(
            endpoint: endpoint,
            registry: registry,
            logger: logger,
            grace: grace,
            serve: { channel in
                let quiet = Logger(label: "http", factory: { _ in SwiftLogNoOpLogHandler() })
                if let tls = tls?.current {
                    return Self.serve(tls, channel, quiet)
                }
                return Self.serve(connection, channel, quiet)
            },
            onListening: onListening
        )
    }

    public func run() async throws {
        try await server.run()
    }

    /// Reads certificate and key again, for connections from now on. If they cannot be used, the ones in force stay.
    public func reload() {
        guard let tls, let files else { return }
        do {
            try tls.reload(files)
            logger.notice("certificate and key were read again", metadata: ["certificate": "\(files.certificate)"])
        } catch {
            logger.error("certificate or key cannot be used; the old ones stay", metadata: ["error": "\(error)"])
        }
    }

    private static func connection(
        _ verifier: Verifier,
        _ tokens: TokenIssuer,
        _ settings: HTTPSettings,
        _ registry: ConnectionRegistry
    ) -> HTTPConnection {
        let limits = verifier.limits
        let places = limits.concurrentVerifications + limits.queuedVerifications
        let responder = VerifierResponder(
            verifier: verifier,
            tokens: tokens,
            settings: settings,
            rates: RateLimiter(requestsPerMinute: settings.requestsPerMinute),
            probeRates: RateLimiter(requestsPerMinute: probesPerMinute),
            proofs: SharedBudget(total: .max, share: max(2, places / 4)),
            readiness: ReadinessProbe { await verifier.isHealthy() }
        )
        let proofBytes = limits.maximumProofBytes / 3 * 4 + maximumEnvelopeBytes
        return HTTPConnection(
            responder: { (request, writer: consuming ResponseWriter, channel) in
                let peer = NetworkAddress(channel.remoteAddress?.ipAddress ?? "")
                let client = settings.proxies.client(peer: peer, headers: request.headers)
                var response = try await responder.respond(to: request, context: HTTPContext(client: client))
                response.headers[.date] = HTTPDate.now
                if request.method == .head { response = response.createHeadResponse() }
                try await writer.write(response: response.head, body: response.body)
            },
            requestLimit: .seconds(Int64(settings.requestTimeoutSeconds)),
            unbudgetedBytes: maximumPlainBytes,
            bodyLimit: { path in
                VerifierResponder.Route(rawValue: path)?.takesProof == true ? proofBytes : maximumPlainBytes
            },
            registry: registry,
            budget: SharedBudget(
                total: settings.maximumBodyBytes,
                share: max(settings.maximumBodyBytes / 4, min(proofBytes, settings.maximumBodyBytes))
            ),
            proxies: settings.proxies
        )
    }

    /// Sets a connection up and has a task serve it.
    private static func serve<Connection: ServerChildChannel>(
        _ connection: Connection,
        _ channel: any Channel,
        _ logger: Logger
    ) -> EventLoopFuture<Void> {
        connection.setup(channel: channel, logger: logger).map { value in
            _ = Task { await connection.handle(value: value, logger: logger) }
        }
    }
}

/// The `Date` of a response (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static var now: String { text(time(nil)) }

    static func text(_ unixSeconds: time_t) -> String {
        var seconds = unixSeconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
