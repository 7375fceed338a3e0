import Bulletproofs
import BulletproofsRange
import CSodium
import Foundation
import Ristretto255
import Sodium
import Transcript

/// Multiscalar multiplication, per point.
enum GroupBenchmarks {
    static func run(_ stopwatch: Stopwatch, reference: Double) throws -> [Measurement] {
        var randomness = SystemRandom()
        let largest = 1 << 16
        // Distinct points are cheap to make by addition.
        let step = RistrettoPoint(uniformBytes: SecureRandom.bytes(64))
        var points = [RistrettoPoint(uniformBytes: SecureRandom.bytes(64))]
        while points.count < largest { points.append(points[points.count - 1] + step) }
        let scalars = (0..<largest).map { _ in Scalar.random(using: &randomness) }
        let small = (0..<largest).map { _ in Int32.random(in: -128...127, using: &randomness) }
        let fixed = PrecomputedPoints(Array(points.prefix(8192)))
        let tables = ConstantTimeTables(Array(points.prefix(1024)))

        var measurements: [Measurement] = []
        for exponent in [10, 12, 14, 16] {
            let count = 1 << exponent
            let seconds = stopwatch.median {
                _ = RistrettoPoint.multiscalarMultiply(Array(scalars.prefix(count)), Array(points.prefix(count)))
            }
            measurements.append(
                Measurement("msm 252-bit, n = 2^\(exponent)", seconds: seconds, reference: reference, points: count)
            )
        }
        let smallSeconds = stopwatch.median {
            _ = RistrettoPoint.multiscalarMultiply(small: Array(small.prefix(8192)), fixed)
        }
        measurements.append(
            Measurement("msm 8-bit, n = 2^13", seconds: smallSeconds, reference: reference, points: 8192)
        )
        let constantSeconds = stopwatch.median {
            _ = RistrettoPoint.multiscalarMultiply(constantTime: Array(scalars.prefix(1024)), tables)
        }
        measurements.append(
            Measurement(
                "msm 252-bit, constant time, n = 2^10",
                seconds: constantSeconds,
                reference: reference,
                points: 1024
            )
        )
        return measurements
    }
}

/// Range proofs, single and aggregated.
enum RangeBenchmarks {
    static func run(_ stopwatch: Stopwatch, reference: Double) throws -> [Measurement] {
        try [1, 16].flatMap { parties in
            var randomness = SystemRandom()
            let generators = BulletproofGenerators(capacity: 64, parties: parties)
            let values = (0..<parties).map { _ in UInt64.random(in: 0 ... .max, using: &randomness) }
            let blindings = values.map { _ in Scalar.random(using: &randomness) }
            var made: (proof: RangeProof, commitments: [CompressedRistretto])?
            let prove = try stopwatch.median {
                var transcript = Transcript(label: "semblance bench")
                made = try RangeProof.prove(
                    values: values,
                    blindings: blindings,
                    bits: 64,
                    generators: generators,
                    pedersen: .standard,
                    transcript: &transcript,
                    randomness: &randomness
                )
            }
            guard let made else { return [Measurement]() }
            let verify = try stopwatch.median {
                var transcript = Transcript(label: "semblance bench")
                try made.proof.verify(
                    commitments: made.commitments,
                    bits: 64,
                    generators: generators,
                    pedersen: .standard,
                    transcript: &transcript,
                    randomness: &randomness
                )
            }
            let name = parties == 1 ? "range 64-bit" : "range \(parties) x 64-bit"
            return [
                Measurement(
                    "\(name), prove",
                    seconds: prove,
                    reference: reference,
                    byteCount: made.proof.encode().count
                ),
                Measurement("\(name), verify", seconds: verify, reference: reference),
            ]
        }
    }
}

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
