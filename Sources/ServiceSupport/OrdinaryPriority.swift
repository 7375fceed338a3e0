/// Where a program's work runs.
public enum OrdinaryPriority {
    /// Runs `body` as tasks of ordinary priority, and waits for it.
    ///
    /// Swift gives the main task, and all that inherits from it, the priority of a user interface. On Linux libdispatch
    /// answers with threads of negative niceness, which the kernel refuses to anybody but root, and writes a line to the
    /// log for each. Hence on the main actor, which the main task does not leave here; and it must not wait for the other
    /// as for a task: that would raise it again.
    @MainActor
    public static func run(_ body: @escaping @Sendable () async -> Void) async {
        await withCheckedContinuation { continuation in
            Task.detached(priority: .medium) {
                await body()
                continuation.resume()
            }
        }
    }
}
