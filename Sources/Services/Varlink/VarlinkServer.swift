import CServiceSupport
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A Varlink server on a Unix stream socket.
///
/// Every connection is bound to the credentials that the kernel took when it was made. Calls of one connection are
/// answered in order, one at a time; a caller that hangs up cancels its call, one that only says that it will send no
/// more (`shutdown(SHUT_WR)`) still gets its replies.
public final class VarlinkServer: Service {
    /// What `org.varlink.service.GetInfo` tells.
    public struct Identity: Sendable {
        /// Who makes the program.
        public let vendor: String
        /// The program's name.
        public let product: String
        /// The release that the program is of, for example `0.2.0`.
        public let version: String
        /// May be empty.
        public let url: String

        public init(vendor: String, product: String, version: String, url: String) {
            self.vendor = vendor
            self.product = product
            self.version = version
            self.url = url
        }
    }

    private struct State {
        var connections: [ObjectIdentifier: NIOLoopBound<ConnectionHandler>] = [:]
        var listener: (any Channel)?
        var isStopping = false
    }

    private let dispatcher: Dispatcher
    private let limits: VarlinkLimits
    private let listener: VarlinkListener
    private let group: any EventLoopGroup
    private let logger: Logger
    private let grace: Duration
    private let onListening: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - services: the interfaces to serve; `org.varlink.service` is added.
    ///   - listener: a bound and listening socket; the server closes it.
    ///   - proxy: who may speak for others; nil: `org.semblance.Proxy` is not served.
    ///   - grace: how long running calls may take to finish when the server stops.
    ///   - onListening: called once, when connections are being accepted (the moment for `READY=1`).
    public init(
        identity: Identity,
        services: [VarlinkService],
        listener: VarlinkListener,
        limits: VarlinkLimits = VarlinkLimits(),
        proxy: ProxyRule? = nil,
        logger: Logger,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        grace: Duration = .seconds(4),
        onListening: @escaping @Sendable () -> Void = {}
    ) {
        self.dispatcher = Dispatcher(
            identity: identity,
            services: services,
            connections: ConnectionTable(limits: limits),
            proxy: proxy,
            logger: logger
        )
        self.limits = limits
        self.listener = listener
        self.group = group
        self.logger = logger
        self.grace = grace
        self.onListening = onListening
    }

    /// Serves until ``stop()``, a graceful shutdown of the service group or the cancellation of the task.
    public func run() async throws {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelInitializer { [logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 16, high: 1 << 18))
            .childChannelInitializer { [self] channel in accept(channel) }
        let channel = try await bootstrap.withBoundSocket(listener.descriptor).get()
        let isStopping = state.withLockedValue { state in
            state.listener = channel
            return state.isStopping
        }
        if isStopping { channel.close(promise: nil) }
        onListening()
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await channel.closeFuture.get()
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            self.stop()
        }
        listener.removePath()
        await finishConnections()
    }

    /// Stops accepting; ``run()`` returns when the running calls have finished or the grace time is over.
    public func stop() {
        let channel = state.withLockedValue { state in
            state.isStopping = true
            return state.listener
        }
        channel?.close(promise: nil)
    }

    private func finishConnections() async {
        drain()
        await waitForConnections(grace)
        for bound in state.withLockedValue({ Array($0.connections.values) }) {
            bound.eventLoop.execute { bound.value.close() }
        }
        await waitForConnections(.seconds(5))
    }

    /// Waits until there is no connection, at most for `duration`, also when the task is cancelled.
    private func waitForConnections(_ duration: Duration) async {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline, state.withLockedValue({ !$0.connections.isEmpty }) {
            await Task { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }

    private func drain() {
        for bound in state.withLockedValue({ Array($0.connections.values) }) {
            bound.eventLoop.execute { bound.value.drain() }
        }
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<semblance_peer> = options.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: semblance_so_peercred)
        )
        return credentials.flatMap { raw in
            PeerProcess.ofPeer(options, pid: raw.pid).map { process in
                PeerCredentials(uid: raw.uid, gid: raw.gid, pid: raw.pid, process: process)
            }
        }.flatMapThrowing { [self] peer in
            guard let identifier = dispatcher.connections.admit(peer.uid) else {
                if dispatcher.connections.tellsOfRefusal() {
                    logger.notice("too many connections", metadata: ["uid": "\(peer.uid)"])
                }
                throw ChannelError.alreadyClosed
            }
            let key = ObjectIdentifier(channel)
            let handler = ConnectionHandler(
                dispatcher: dispatcher,
                limits: limits,
                peer: peer,
                identifier: identifier,
                logger: logger,
                onClose: { [self] in
                    dispatcher.connections.release(identifier)
                    for service in dispatcher.services.values { service.connectionClosed(identifier) }
                    // Last: run() returns when no connection is left, and then everybody has been told.
                    _ = state.withLockedValue { $0.connections.removeValue(forKey: key) }
                }
            )
            let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
            dispatcher.connections.attach(identifier) { channel.close(promise: nil) }
            let isStopping = state.withLockedValue { state in
                state.connections[key] = bound
                return state.isStopping
            }
            try channel.pipeline.syncOperations.addHandler(handler)
            if isStopping { handler.drain() }
        }
    }
}
