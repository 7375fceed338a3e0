import CSodium

/// The operating system's random generator, through libsodium.
public enum SecureRandom {
    /// Returns `count` uniformly random bytes (none when `count` is not positive).
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialised = count
        }
    }

    /// Fills `buffer` with uniformly random bytes.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return }
        Sodium.initialise()
        randombytes_buf(base, buffer.count)
    }
}

/// A `RandomNumberGenerator` over ``SecureRandom``. It holds no state, so a fork or a snapshot cannot repeat it.
public struct SystemRandom: RandomNumberGenerator, Sendable {
    public init() {}

    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { SecureRandom.fill($0) }
        return value
    }
}
