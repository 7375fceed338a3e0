import ArgumentParser
import Logging
import ServiceLifecycle
import ServiceSupport
import UnixSignals
import Varlink
import VerifierCore

/// Runs the service until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service: on the Unix socket, over HTTP, or both."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let notifier = ServiceNotifier.fromEnvironment()
        let sockets = SocketActivation.takeSockets()
        let logger = Logger(label: "semblance-verifier") { StreamLogHandler.standardError(label: $0) }

        let configuration = try options.load()
        let keys = try VerifierKeys.load(path: configuration.signingKey)
        let store = try VerifierStore(
            path: configuration.database,
            audience: configuration.audience,
            keys: keys,
            maximumBytes: configuration.maximumDatabaseBytes
        )
        for error in try await store.damagedRows() {
            logger.critical("damaged row; whoever depends on it is refused", metadata: ["error": "\(error)"])
        }
        let verifier = Verifier(
            audience: configuration.audience,
            policy: configuration.policy,
            limits: configuration.limits,
            store: store,
            logger: logger
        )

        let servesLocally = configuration.varlink != nil || !sockets.isEmpty
        let expected = (servesLocally ? 1 : 0) + (configuration.http == nil ? 0 : 1)
        guard expected > 0 else {
            throw ProgramFailure("nothing to serve: the configuration has neither varlink nor http")
        }
        let readiness = Readiness(expected: expected) { notifier.ready(status: "serving") }
        var services: [any Service] = []
        if servesLocally {
            services.append(try varlink(configuration, sockets, verifier, logger, readiness))
        }
        if let settings = configuration.http {
            services.append(
                try HTTPService(
                    verifier: verifier,
                    tokens: try await TokenIssuer(audience: configuration.audience, keys: keys),
                    settings: settings,
                    logger: logger,
                    onListening: { port in
                        logger.notice("serving HTTP", metadata: ["port": "\(port)", "tls": "\(settings.tls != nil)"])
                        readiness.arrive()
                    }
                )
            )
        }
        services.append(StoreWatch(verifier: verifier))
        services.append(
            HeartbeatService(
                interval: notifier.watchdogInterval,
                beat: { if await verifier.isHealthy() { notifier.watchdog() } },
                onStopping: { notifier.stopping() }
            )
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
        try? store.close()
        logger.notice("stopped")
    }

    /// The Varlink server on the socket that the service manager passed, or else on the configured path.
    private func varlink(
        _ configuration: VerifierConfiguration,
        _ sockets: [SocketActivation.Socket],
        _ verifier: Verifier,
        _ logger: Logger,
        _ readiness: Readiness
    ) throws -> VarlinkServer {
        let listener: VarlinkListener
        if let socket = sockets.first {
            listener = try VarlinkListener(inherited: socket.descriptor)
        } else if let settings = configuration.varlink {
            listener = try VarlinkListener(path: settings.socket, mode: 0o666)
        } else {
            throw ProgramFailure("no socket to listen on")
        }
        var limits = VarlinkLimits()
        limits.messageByteCount = configuration.limits.maximumProofBytes / 3 * 4 + 8192
        // A client keeps its connection, to which its challenge is bound, for as long as it proves.
        limits.idle = .seconds(Int64(max(120, 5 * configuration.policy.challengeLifetime)))
        if let settings = configuration.varlink {
            limits.connections = settings.maximumConnections
            limits.connectionsPerUser = settings.maximumConnectionsPerUID
        }
        return VarlinkServer(
            identity: .init(
                vendor: "Semblance",
                product: "semblance-verifier",
                version: Verifier.version,
                url: ""
            ),
            services: [VerifierInterface(verifier: verifier).service],
            listener: listener,
            limits: limits,
            logger: logger,
            onListening: {
                logger.notice("serving Varlink")
                readiness.arrive()
            }
        )
    }
}
