/// So many calls at once, refilled at a steady rate. Times are since any one moment that its owner chose.
public struct TokenBucket: Sendable {
    /// The tokens of a full one.
    public let capacity: Double
    /// Tokens per second.
    public let rate: Double
    private var tokens: Double
    private var time: Duration

    /// A full one.
    public init(capacity: Double, rate: Double, at now: Duration) {
        self.capacity = capacity
        self.rate = rate
        self.tokens = capacity
        self.time = now
    }

    /// The tokens in it, a debt as a negative number. Time that goes back refills nothing.
    public func level(at now: Duration) -> Double {
        min(capacity, tokens + max(0, (now - time) / .seconds(1)) * rate)
    }

    /// Whether it says no more than a new one would.
    public func isFull(at now: Duration) -> Bool { level(at: now) >= capacity }

    /// The seconds until it has one token; 0 if it has.
    public func secondsToToken(at now: Duration) -> Double { max(0, (1 - level(at: now)) / rate) }

    /// The same in whole seconds, at least 1; nil: it has one.
    public func delay(at now: Duration) -> Int? {
        // A millionth of a second is what rounding left.
        let seconds = secondsToToken(at: now) - 1e-6
        return seconds > 0 ? max(1, Int(seconds.rounded(.up))) : nil
    }

    /// Takes one token, on credit where there is none.
    ///
    /// - Returns: the seconds until the debt is paid; 0 for none.
    @discardableResult
    public mutating func take(at now: Duration) -> Double {
        tokens = level(at: now) - 1
        time = now
        return max(0, -tokens / rate)
    }
}
