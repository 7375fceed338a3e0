import CSodium

/// The library as a whole.
public enum Sodium {
    private static let initialised: Void = {
        // sodium_init() fails only when the system has no source of randomness, and then nothing here may run.
        guard sodium_init() >= 0 else { fatalError("libsodium could not be initialised") }
    }()

    /// Initialises libsodium. Idempotent and thread safe; everything else in this module calls it first.
    @inline(__always)
    public static func initialise() {
        _ = initialised
    }

    /// Whether so many bytes of memory can be locked against swapping, besides those that are: by locking and freeing
    /// some.
    public static func canLock(_ byteCount: Int) -> Bool {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
        defer { page.deallocate() }
        guard let base = page.baseAddress, sodium_mlock(base, byteCount) == 0 else { return false }
        return sodium_munlock(base, byteCount) == 0
    }

    /// Overwrites `buffer` with zeros in a way that the optimiser does not remove. (Ristretto255 and Transcript, which
    /// need no C library, have one of their own.)
    public static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        if let base = buffer.baseAddress { sodium_memzero(base, buffer.count) }
    }
}

/// Whether `a` and `b` are equal, in time that depends on their lengths only.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    Sodium.initialise()
    return sodium_memcmp(a, b, a.count) == 0
}
