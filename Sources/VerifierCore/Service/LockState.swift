import ServiceSupport

/// Whether somebody's next attempt is accepted.
public enum LockState: Equatable, Sendable {
    case open
    /// Not before this many seconds (at least 1) have passed.
    case waiting(seconds: Int)
    /// Not before an administrator unlocks.
    case locked

    init(_ decision: AttemptLimiter.Decision) {
        switch decision {
        case .allowed: self = .open
        case .wait(let seconds): self = .waiting(seconds: seconds)
        case .locked: self = .locked
        }
    }

    /// Seconds to wait, 0 for none, -1 for as long as nobody unlocks.
    public var retryAfterSeconds: Int {
        switch self {
        case .open: 0
        case .waiting(let seconds): seconds
        case .locked: -1
        }
    }
}
