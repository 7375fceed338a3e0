import CSodium

/// A system generator that repeats itself, for as long as something is made that must be the same at every run.
///
/// It stands below libsodium, so the code that ships is what runs: its secrets are hedged with what they protect
/// (attacks.md F15) and stay different from one another. Everything outside ``during(_:)`` gets the system's randomness, other
/// tests of the process included.
enum FrozenRandomness {
    @TaskLocal private static var isFrozen = false

    static func during<Value>(_ body: () throws -> Value) rethrows -> Value {
        install
        return try $isFrozen.withValue(true, operation: body)
    }

    /// Once for the process: libsodium asks this implementation from then on.
    private static let install: Void = {
        let implementation = UnsafeMutablePointer<randombytes_implementation>.allocate(capacity: 1)
        implementation.initialize(to: randombytes_implementation())
        implementation.pointee.random = {
            var word: UInt32 = 0
            withUnsafeMutableBytes(of: &word) { fill($0) }
            return word
        }
        implementation.pointee.buf = { fill(UnsafeMutableRawBufferPointer(start: $0, count: $1)) }
        randombytes_set_implementation(implementation)
    }()

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var system = SystemRandomNumberGenerator()
        for index in buffer.indices {
            buffer[index] =
                isFrozen ? UInt8(truncatingIfNeeded: index) : UInt8.random(in: .min ... .max, using: &system)
        }
    }
}
