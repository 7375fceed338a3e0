import CSodium
import Ristretto255
import Sodium

/// libsodium as the yardstick of every run.
enum SodiumReference {
    /// Seconds of one `crypto_scalarmult_ristretto255`.
    static func scalarMultiplication(_ stopwatch: Stopwatch) throws -> Double {
        Sodium.initialise()
        var randomness = SystemRandom()
        let scalar = Scalar.random(using: &randomness).bytes
        let point = RistrettoPoint(uniformBytes: SecureRandom.bytes(64)).compress().bytes
        var product = [UInt8](repeating: 0, count: 32)
        let count = 64
        let seconds = try stopwatch.median {
            for _ in 0..<count {
                guard crypto_scalarmult_ristretto255(&product, scalar, point) == 0 else {
                    throw CommandFailure(.failure, "libsodium refused a point")
                }
            }
        }
        return seconds / Double(count)
    }
}
