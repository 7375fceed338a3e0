import CServiceSupport
import Synchronization

/// Gives freed memory back to the system when a daemon has had nothing to do for a while: the C library keeps what a proof has
/// used, for good. Pages that are given back come again empty, so what was freed without being wiped is gone with them.
public final class IdleMemory: Sendable {
    private let patience: Duration
    private let giveBack: @Sendable () -> Void
    private let waiting = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter patience: long enough that one login after another finds its memory warm.
    public convenience init(patience: Duration = .seconds(10)) {
        self.init(patience: patience) { semblance_give_back_memory() }
    }

    init(patience: Duration, giveBack: @escaping @Sendable () -> Void) {
        self.patience = patience
        self.giveBack = giveBack
    }

    /// Work has ended; if no other does so meanwhile, its memory goes when the patience does.
    public func workEnded() {
        waiting.withLock { waiting in
            waiting?.cancel()
            waiting = Task { [patience, giveBack] in
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                giveBack()
            }
        }
    }

    deinit { waiting.withLock { $0?.cancel() } }
}
