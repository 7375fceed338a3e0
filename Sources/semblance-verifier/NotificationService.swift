import ServiceLifecycle
import ServiceSupport
import VerifierCore

/// Feeds the service manager's watchdog while the database answers, and tells when the service begins to stop.
struct NotificationService: Service {
    let notifier: ServiceNotifier
    let verifier: Verifier

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            if let interval = notifier.watchdogInterval {
                group.addTask {
                    while !Task.isCancelled {
                        if await verifier.isHealthy() { notifier.watchdog() }
                        try? await Task.sleep(for: interval)
                    }
                }
            }
            try? await gracefulShutdown()
            notifier.stopping()
            group.cancelAll()
        }
    }
}
