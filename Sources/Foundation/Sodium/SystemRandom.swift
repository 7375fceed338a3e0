/// A `RandomNumberGenerator` over ``SecureRandom``. It holds no state, so a fork or a snapshot cannot repeat it.
public struct SystemRandom: RandomNumberGenerator, Sendable {
    public init() {}

    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { SecureRandom.fill($0) }
        return value
    }
}
