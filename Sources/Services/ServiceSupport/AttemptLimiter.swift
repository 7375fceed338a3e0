/// The limits on consecutive failed attempts, after NIST SP 800-63B-4 sections 3.2.2 and 3.2.3: a few without delay,
/// then one per delay, then none until an administrator intervenes.
///
/// To the verifier, an attempt that failed is a proof that was refused. What is not like the template yields no proof;
/// those failures the prover counts, under the same limits, durably and on the host of the sensor
/// (`Vault.beginAttempt`).
public struct AttemptLimiter: Equatable, Sendable {
    /// Failures that need no waiting.
    public let withoutDelay: Int
    /// Milliseconds between attempts after those.
    public let delayMilliseconds: UInt64
    /// Failures after which there are no more attempts.
    public let limit: Int

    public init(withoutDelay: Int = 5, delaySeconds: UInt64 = 30, limit: Int = 50) {
        self.withoutDelay = withoutDelay
        self.delayMilliseconds = delaySeconds &* 1000
        self.limit = limit
    }

    /// Whether one more attempt may be made.
    public enum Decision: Equatable, Sendable {
        case allowed
        /// Not before this many seconds (at least 1) have passed.
        case wait(seconds: Int)
        /// Not before an administrator unlocks.
        case locked
    }

    /// - Parameters:
    ///   - failures: failed attempts since the last success.
    ///   - last: when the last of them failed.
    public func decide(failures: Int, last: ClockReading?, now: ClockReading) -> Decision {
        guard failures < limit else { return .locked }
        guard failures >= withoutDelay, let last else { return .allowed }
        let passed = now.millisecondsSurelyPassed(since: last)
        guard passed < delayMilliseconds else { return .allowed }
        return .wait(seconds: Int(clamping: (delayMilliseconds - passed + 999) / 1000))
    }

    /// Whether the wait must begin again now, because nobody can tell how long it has lasted. Who keeps the record
    /// takes the new reading over; else nobody could try before the wall clock is back where it was.
    public func mustRestart(failures: Int, last: ClockReading, now: ClockReading) -> Bool {
        withoutDelay..<limit ~= failures && now.hasLostCount(since: last)
    }
}
