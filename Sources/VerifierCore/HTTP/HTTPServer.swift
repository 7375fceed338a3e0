import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Varlink

/// Accepts connections until it is stopped, then answers the requests that have arrived whole and ends.
struct HTTPServer: Service {
    let endpoint: HTTPEndpoint
    let registry: ConnectionRegistry
    let logger: Logger
    /// How long answers may take once the server stops.
    let grace: Duration
    /// Sets a connection up and serves it to its end.
    let serve: @Sendable (any Channel) -> EventLoopFuture<Void>
    /// Called once with the port when requests are being accepted.
    let onListening: @Sendable (Int) -> Void

    func run() async throws {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer(serve)
        let channel: any Channel
        switch endpoint {
        case .address(let address, let port): channel = try await bootstrap.bind(host: address, port: port).get()
        case .passed(let descriptor): channel = try await bootstrap.withBoundSocket(descriptor).get()
        }
        onListening(channel.localAddress?.port ?? 0)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await channel.closeFuture.get()
            } onGracefulShutdown: {
                channel.close(promise: nil)
            }
        } onCancel: {
            channel.close(promise: nil)
        }
        await finishConnections()
    }

    private func finishConnections() async {
        registry.drain()
        await waitForConnections(grace)
        registry.closeAll()
        await waitForConnections(.seconds(1))
    }

    /// Waits until there is no connection, at most for `duration`, also when the task is cancelled.
    private func waitForConnections(_ duration: Duration) async {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline, registry.count > 0 {
            await Task { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }
}
