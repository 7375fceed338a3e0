/// The limits on unanswered challenges, after NIST SP 800-63B-4 section 3.2.3: a few without delay, then one per
/// delay, then none until an administrator intervenes. A verifier never sees a failed match, because the honest prover
/// sends nothing; so it counts the challenges it issued since the last success.
public struct AttemptLimiter: Equatable, Sendable {
    /// Challenges without a success that need no waiting.
    public let withoutDelay: Int
    /// Milliseconds between challenges after those.
    public let delayMilliseconds: UInt64
    /// Challenges without a success after which there are no more.
    public let limit: Int

    public init(withoutDelay: Int = 5, delaySeconds: UInt64 = 30, limit: Int = 50) {
        self.withoutDelay = withoutDelay
        self.delayMilliseconds = delaySeconds &* 1000
        self.limit = limit
    }

    /// Whether one more challenge may be issued.
    public enum Decision: Equatable, Sendable {
        case allowed
        /// Not before this many seconds (at least 1) have passed.
        case wait(seconds: Int)
        /// Not before an administrator unlocks.
        case locked
    }

    /// - Parameters:
    ///   - issued: challenges issued since the last success.
    ///   - last: when the last of them was issued.
    func decide(issued: Int, last: ClockReading?, now: ClockReading) -> Decision {
        guard issued < limit else { return .locked }
        guard issued >= withoutDelay, let last else { return .allowed }
        let passed = now.millisecondsSurelyPassed(since: last)
        guard passed < delayMilliseconds else { return .allowed }
        return .wait(seconds: Int(clamping: (delayMilliseconds - passed + 999) / 1000))
    }
}
