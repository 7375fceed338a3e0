import GRDB
import Logging
import ServiceLifecycle

/// Whether the verifier can do its work.
public enum VerifierHealth: Equatable, Sendable {
    /// What a login needs was done: the database was written, durably.
    case ready
    /// The database cannot be written at the moment; the reason may go away (a full disk), and a restart does not help.
    case failing(StoreError)
    /// The open database is no longer the file at its path, or is damaged: only a restart helps, or shows what is wrong.
    case wedged(StoreError)
}

extension Verifier {
    /// How long one look at the database is believed.
    private static let healthLifetime: Duration = .seconds(1)

    /// Whether a login could be judged now. One look, which writes to the disk, serves for a second.
    public func health() async -> VerifierHealth {
        let now = ContinuousClock.now
        if let last = lastHealth.withLock({ $0 }), now - last.at < Self.healthLifetime { return last.health }
        let health = await lookAfterStore()
        lastHealth.withLock { $0 = (health, now) }
        return health
    }

    /// Whether ``health()`` is ``VerifierHealth/ready``.
    public func isHealthy() async -> Bool {
        await health() == .ready
    }

    /// The write is a real one, of the time: one that is rolled back would not notice a full disk.
    private func lookAfterStore() async -> VerifierHealth {
        do {
            try store.checkPlace()
            guard let time = clock.read()?.unixSeconds else { return .failing(.clock) }
            try await store.transaction { database in
                try database.execute(
                    sql: "UPDATE identity SET lastSeenTime = max(lastSeenTime, ?)",
                    arguments: [Int64(clamping: time)]
                )
            }
            return .ready
        } catch {
            switch error {
            case .full, .busy, .readOnly, .io: return .failing(error)
            default: return .wedged(error)
            }
        }
    }
}

/// Looks now and then whether the database still serves, and ends the program when only a restart can help, so that the
/// service manager restarts it.
public struct StoreWatch: Service {
    private let verifier: Verifier
    private let interval: Duration

    /// The database cannot be used any more.
    public struct Wedged: Error, CustomStringConvertible {
        /// What is wrong with it.
        public let reason: StoreError
        public var description: String { "giving up: \(reason)" }
    }

    /// - Parameter interval: how long to wait between two looks.
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
