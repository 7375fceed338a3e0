import Foundation
import Ristretto255
import Sodium

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
