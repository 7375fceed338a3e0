import CServiceSupport
import Glibc
import Logging
import ServiceLifecycle
import Varlink

/// What the daemons do alike: they take the service manager's sockets, serve until they are told to stop, and say how
/// they are.
public struct Daemon: Sendable {
    /// The program's name, under which it logs and serves.
    public let name: String
    /// Writes by ``ServiceLogHandler``.
    public let logger: Logger
    /// Says nothing where no service manager started the program.
    public let notifier: ServiceNotifier
    /// What the service manager passed; empty where it passed none.
    public let sockets: PassedSockets

    /// Descriptors that are neither a connection's nor a listener's: database, log, event loops, files being read.
    public static let descriptorReserve = 64

    /// Runs `body`, whose errors end the program: they are logged as they read. Call once, before any thread.
    ///
    /// - Parameter sockets: what the program serves, as `FileDescriptorName=` of its units says.
    /// - Returns: whether it ended without an error.
    public static func run(
        _ name: String,
        sockets: [String],
        _ body: (Daemon) async throws -> Void
    ) async -> Bool {
        let logger = ServiceLogHandler.logger(name)
        do {
            let notifier = ServiceNotifier.fromEnvironment()
            let sockets = try PassedSockets(SocketActivation.takeSockets(), names: sockets)
            try await body(Daemon(name: name, logger: logger, notifier: notifier, sockets: sockets))
            return true
        } catch {
            logger.critical("\(error)")
            return false
        }
    }

    /// The server of Varlink interfaces to everybody on this host, on the socket that the service manager passed as
    /// `socket`, or else at `path`.
    ///
    /// - Throws: where there is neither, or none can be made there.
    public func varlinkServer(
        _ services: [VarlinkService],
        socket: String,
        path: String?,
        limits: VarlinkLimits = VarlinkLimits(),
        proxy: ProxyRule? = nil,
        onListening: @escaping @Sendable () -> Void
    ) throws -> VarlinkServer {
        let listener: VarlinkListener
        if let descriptor = sockets[socket] {
            listener = try VarlinkListener(inherited: descriptor)
        } else if let path {
            listener = try VarlinkListener(path: path, mode: 0o666)
        } else {
            throw ProgramFailure("no socket to listen on")
        }
        return VarlinkServer(
            identity: .init(vendor: "Semblance", product: name, version: Release.version, url: ""),
            services: services,
            listener: listener,
            limits: limits,
            proxy: proxy,
            logger: logger,
            onListening: onListening
        )
    }

    /// Runs the services until SIGTERM, SIGINT or the first failure, beating for the watchdog while all is well.
    ///
    /// - Parameters:
    ///   - isHealthy: asked as often as the service manager wants to hear of it.
    ///   - grace: how long they may take to stop.
    ///   - onStopping: called when they begin to.
    public func serve(
        _ services: [any Service],
        grace: Duration = .seconds(10),
        isHealthy: @escaping @Sendable () async -> Bool,
        onStopping: @escaping @Sendable () -> Void = {}
    ) async throws {
        let notifier = notifier
        let heartbeat = HeartbeatService(
            interval: notifier.watchdogInterval,
            beat: { if await isHealthy() { notifier.watchdog() } },
            onStopping: {
                notifier.stopping()
                onStopping()
            }
        )
        var group = ServiceGroupConfiguration(
            services: services + [heartbeat],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = grace
        try await ServiceGroup(configuration: group).run()
    }

    /// Says in the log where secrets may reach the swap space.
    public func warnOfUnlockedMemory() {
        if let warning = LockedMemory.warning { logger.warning("\(warning)") }
    }

    /// The uid of a user that options name, by a name or a uid.
    ///
    /// - Parameter role: what the user is there for, for the error where there is none.
    public static func uid(of user: String, role: String) throws(ProgramFailure) -> UInt32 {
        guard let uid = UserName.uid(user) else {
            throw ProgramFailure("there is no user \"\(user)\" for the \(role)")
        }
        return uid
    }

    /// Who may speak for others. Root is refused: a mistake that would have every program of root's speak for whom it likes.
    public static func proxyUID(of user: String) throws(ProgramFailure) -> UInt32 {
        let uid = try uid(of: user, role: "proxy")
        guard uid != 0 else { throw ProgramFailure("\"proxyUser\" is root: it is a user of its own") }
        return uid
    }
}

/// What every program makes sure of before anything else.
public enum ProgramStart {
    /// Ends the program where its arguments are not what it was started with: one line on standard error, exit status 70.
    ///
    /// Swift reads them from /proc. Without it (chroot(2), `RootDirectory=`) they are silently none, and a program would
    /// run with defaults instead of what the administrator wrote.
    public static func checkArgumentsOrExit(program: String) {
        guard argumentCount == 0 || CommandLine.arguments.count != argumentCount else { return }
        let message = "\(program): cannot read its arguments; is /proc mounted?\n"
        _ = message.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(70)
    }

    /// How many there were, by the C library's word.
    static var argumentCount: Int { Int(semblance_argument_count()) }
}

/// Why a program ends without having done its work, in words for the terminal.
public struct ProgramFailure: Error, CustomStringConvertible {
    /// Without the program's name; hints may follow on lines of their own.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// The release that all programs are of.
public enum Release {
    /// MAJOR.MINOR.PATCH; what CHANGELOG.md has on top.
    public static let version = "0.2.0"
}
