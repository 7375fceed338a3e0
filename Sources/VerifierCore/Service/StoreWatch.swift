import Logging
import ServiceLifecycle

/// Looks now and then whether the database still serves, and ends the program when only a restart can help, so that the
/// service manager restarts it.
public struct StoreWatch: Service {
    private let verifier: Verifier
    private let interval: Duration

    /// The database cannot be used any more.
    public struct Wedged: Error, CustomStringConvertible {
        public let reason: StoreError
        public var description: String { "giving up: \(reason)" }
    }

    public init(verifier: Verifier, interval: Duration = .seconds(10)) {
        self.verifier = verifier
        self.interval = interval
    }

    /// - Throws: ``Wedged``.
    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if case .wedged(let reason) = await verifier.health() {
                    verifier.logger.critical("the database cannot be used any more", metadata: ["error": "\(reason)"])
                    throw Wedged(reason: reason)
                }
                try? await Task.sleep(for: interval)
            }
        }
    }
}
