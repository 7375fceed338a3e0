import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import ServiceSupport
import Sodium
import Synchronization
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
        // Until the handler is there, a SIGHUP that asks for the certificate to be read again must not end the program.
        signal(SIGHUP, SIG_IGN)
        let hasServed = await Daemon.run("semblance-verifier", sockets: ["verifier", "http"]) { daemon in
            try await serve(daemon)
            daemon.logger.notice("stopped")
        }
        guard hasServed else { throw ExitCode.failure }
    }

    private func serve(_ daemon: Daemon) async throws {
        let (logger, sockets) = (daemon.logger, daemon.sockets)
        daemon.warnOfUnlockedMemory()
        let configuration = try options.load()
        let keys = try VerifierKeys.load(path: configuration.signingKey)
        let (verifier, store) = try await verifier(configuration, keys, logger)

        let servesLocally = configuration.varlink != nil || sockets["verifier"] != nil
        guard servesLocally || configuration.http != nil else {
            throw ProgramFailure("nothing to serve: the configuration has neither varlink nor http")
        }
        guard configuration.http != nil || sockets["http"] == nil else {
            throw ProgramFailure("the service manager passed a socket for HTTP, but the configuration has no http")
        }
        let connections = connectionLimits(configuration, logger)
        let readiness = Readiness(expected: (servesLocally ? 1 : 0) + (configuration.http == nil ? 0 : 1)) {
            daemon.notifier.ready(status: "serving")
        }
        var services: [any Service] = []
        if servesLocally {
            services.append(try varlink(configuration, daemon, connections.varlink, verifier, readiness))
        }
        let http = try await http(configuration, keys, sockets, connections.http, verifier, logger, readiness)
        if let http { services.append(http) }
        try await daemon.serve(
            [ServiceBundle(services: services), StoreWatch(verifier: verifier), ReloadService { http?.reload() }],
            grace: .seconds(5),
            isHealthy: { await verifier.isHealthy() }
        )
        await logAuditMark(store, daemon.logger)
        try? store.close()
    }

    /// The journal is not the database's: where two stops and starts disagree, the trail was put back between them.
    private func logAuditMark(_ store: VerifierStore, _ logger: Logger) async {
        guard let mark = try? await store.auditMark() else { return }
        logger.notice("audit trail", metadata: ["lines": "\(mark.lines)", "head": "\(Hexadecimal.encode(mark.head))"])
    }

    private func verifier(
        _ configuration: VerifierConfiguration,
        _ keys: VerifierKeys,
        _ logger: Logger
    ) async throws -> (Verifier, VerifierStore) {
        let store = try VerifierStore(
            path: configuration.database,
            audience: configuration.audience,
            keys: keys,
            maximumBytes: configuration.maximumDatabaseBytes
        )
        for error in try await store.damagedRows() {
            logger.critical("damaged row; whoever depends on it is refused", metadata: ["error": "\(error)"])
        }
        await logAuditMark(store, logger)
        let verifier = Verifier(
            audience: configuration.audience,
            origins: configuration.http?.origins ?? [],
            policy: configuration.policy,
            limits: configuration.limits,
            store: store,
            logger: logger
        )
        return (verifier, store)
    }

    /// How many connections each side may have: those of the configuration, if so many descriptors are to be had.
    private func connectionLimits(
        _ configuration: VerifierConfiguration,
        _ logger: Logger
    ) -> (varlink: Int, http: Int) {
        var limits = VarlinkLimits()
        limits.connections = configuration.varlink?.maximumConnections ?? limits.connections
        let wanted = [limits.descriptorCount, configuration.http?.maximumConnections ?? 0]
        let available = DescriptorLimit.raise(to: wanted.reduce(Daemon.descriptorReserve, +))
        let granted = DescriptorLimit.share(available, wanted: wanted, reserve: Daemon.descriptorReserve)
        if granted != wanted {
            logger.warning(
                "the limit of open files is too low for the configured connections (LimitNOFILE=)",
                metadata: ["limit": "\(available)", "varlink": "\(granted[0] / 2)", "http": "\(granted[1])"]
            )
        }
        return (max(1, granted[0] / 2), granted[1])
    }

    /// The HTTP service, if the configuration has one, on the socket that the service manager passed, or else at the
    /// configured address.
    private func http(
        _ configuration: VerifierConfiguration,
        _ keys: VerifierKeys,
        _ sockets: PassedSockets,
        _ connections: Int,
        _ verifier: Verifier,
        _ logger: Logger,
        _ readiness: Readiness
    ) async throws -> HTTPService? {
        guard let settings = configuration.http?.limited(toConnections: connections) else { return nil }
        return try HTTPService(
            verifier: verifier,
            tokens: try await TokenIssuer(audience: configuration.audience, keys: keys),
            settings: settings,
            endpoint: sockets["http"].map { .passed(descriptor: $0) },
            logger: logger,
            onListening: { port in
                logger.notice("serving HTTP", metadata: ["port": "\(port)", "tls": "\(settings.tls != nil)"])
                readiness.arrive()
            }
        )
    }

    /// The Varlink server on the socket that the service manager passed, or else on the configured path.
    private func varlink(
        _ configuration: VerifierConfiguration,
        _ daemon: Daemon,
        _ connections: Int,
        _ verifier: Verifier,
        _ readiness: Readiness
    ) throws -> VarlinkServer {
        var limits = VarlinkLimits()
        limits.messageByteCount = configuration.limits.maximumProofBytes / 3 * 4 + 8192
        // A client keeps its connection, to which its challenge is bound, for as long as it proves.
        limits.idle = .seconds(Int64(max(120, 5 * configuration.policy.challengeLifetime)))
        limits.connections = connections
        if let settings = configuration.varlink { limits.connectionsPerUser = settings.maximumConnectionsPerUID }
        return try daemon.varlinkServer(
            [VerifierInterface(verifier: verifier).service],
            socket: "verifier",
            path: configuration.varlink?.socket,
            limits: limits,
            proxy: ProxyRule(
                uid: try configuration.varlink?.proxyUser.map { try Daemon.proxyUID(of: $0) },
                // By uid is all that is decided here, and the unit hides /proc.
                checksProcesses: false
            ),
            onListening: {
                daemon.logger.notice("serving Varlink")
                readiness.arrive()
            }
        )
    }
}

/// Services that start and stop together. A group stops its services one after the other, and each may take its time.
struct ServiceBundle: Service {
    let services: [any Service]

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            try await group.waitForAll()
        }
    }
}

/// Calls its closure at each SIGHUP.
struct ReloadService: Service {
    let reload: @Sendable () -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
    }
}

/// Calls its closure when everything that is expected has arrived.
final class Readiness: Sendable {
    private let missing: Mutex<Int>
    private let whenReady: @Sendable () -> Void

    init(expected: Int, whenReady: @escaping @Sendable () -> Void) {
        self.missing = Mutex(expected)
        self.whenReady = whenReady
    }

    func arrive() {
        let isReady = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isReady { whenReady() }
    }
}
