import ServiceLifecycle

/// Tells the service manager that the program is alive, as often as it wants to hear it, and when it begins to stop.
public struct HeartbeatService: Service {
    private let interval: Duration?
    private let beat: @Sendable () async -> Void
    private let onStopping: @Sendable () -> Void

    /// - Parameter interval: time between two calls of `beat`; nil: it is never called.
    public init(
        interval: Duration?,
        beat: @escaping @Sendable () async -> Void,
        onStopping: @escaping @Sendable () -> Void
    ) {
        self.interval = interval
        self.beat = beat
        self.onStopping = onStopping
    }

    public func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    if interval != nil { await beat() }
                    try? await Task.sleep(for: interval ?? .seconds(3600))
                }
            }
        } onGracefulShutdown: {
            onStopping()
        }
    }
}
