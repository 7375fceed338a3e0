import Glibc
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

/// Where the HTTP service listens.
public enum HTTPEndpoint: Sendable {
    case address(String, port: Int)
    /// A listening TCP socket that the service manager passed.
    case passed(descriptor: Int32)

    /// - Parameter isEncrypted: plain HTTP is served on loopback addresses only.
    /// - Throws: ``ConfigurationError/plainHTTPBeyondLoopback(address:)``, or `invalid` for a descriptor that is no
    ///   listening TCP socket.
    func check(isEncrypted: Bool) throws(ConfigurationError) {
        guard case .passed(let descriptor) = self else { return }
        guard Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            Self.option(descriptor, SO_ACCEPTCONN) == 1, let address = Self.localAddress(of: descriptor)
        else { throw .invalid(key: "http", reason: "the passed socket is not a listening TCP socket") }
        guard isEncrypted || address.isLoopback else { throw .plainHTTPBeyondLoopback(address: "\(address)") }
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1
    }

    private static func localAddress(of descriptor: Int32) -> NetworkAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return nil }
        let bytes = withUnsafeBytes(of: storage) { Array($0) }
        switch Int32(storage.ss_family) {
        // sin_addr stands after family and port, sin6_addr after flow information as well.
        case AF_INET: return NetworkAddress(bytes: Array(bytes[4..<8]))
        case AF_INET6: return NetworkAddress(bytes: Array(bytes[8..<24]))
        default: return nil
        }
    }
}
