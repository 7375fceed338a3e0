import CSodium

/// Bytes in memory of `sodium_malloc`: guard pages around it, locked where the limits allow, left out of core dumps,
/// zeroed when freed.
///
/// The contents are written only during initialisation, so a value may be shared between threads.
public final class SecretBytes: @unchecked Sendable {
    /// The number of bytes.
    public let count: Int
    private let storage: UnsafeMutableRawPointer

    /// `count` zero bytes (none when `count` is negative).
    public init(count: Int) {
        self.count = max(0, count)
        self.storage = Self.allocate(self.count)
    }

    /// A copy of `bytes`; the caller zeroes the original (see ``zero(_:)``).
    public convenience init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// `count` bytes written by `body`; what it leaves untouched is zero.
    public init<Failure: Error>(
        count: Int,
        initialisedBy body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        self.count = max(0, count)
        self.storage = Self.allocate(self.count)
        try body(UnsafeMutableRawBufferPointer(start: storage, count: self.count))
    }

    /// `count` uniformly random bytes.
    public static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { SecureRandom.fill($0) }
    }

    deinit {
        sodium_free(storage)
    }

    /// Calls `body` with the bytes; the pointer is valid only during the call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// The bytes as libsodium takes a key.
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        body(UnsafePointer(storage.assumingMemoryBound(to: UInt8.self)))
    }

    /// Overwrites `bytes` in a way that the optimiser does not remove, and empties the array.
    public static func zero(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { Sodium.wipe($0) }
        bytes.removeAll(keepingCapacity: false)
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        Sodium.initialise()
        guard let pointer = sodium_malloc(count) else { fatalError("sodium_malloc: out of memory") }
        sodium_memzero(pointer, count)  // sodium_malloc fills with 0xdb
        return pointer
    }
}
