import Ristretto255
import Synchronization

/// One chain of generators with the tables for multiplying it by secret scalars, about 2 KiB a point, built on first use:
/// a verifier never pays for them.
final class ConstantTimeGenerators: Sendable {
    private let points: [RistrettoPoint]
    private let tables = Mutex<ConstantTimeTables?>(nil)

    init(_ points: [RistrettoPoint]) {
        self.points = points
    }

    /// The sum of `scalars[i] * points[i]` over the first generators, in constant time.
    ///
    /// - Precondition: no more scalars than points.
    func multiply(_ scalars: ArraySlice<Scalar>) -> RistrettoPoint {
        let tables = self.tables.withLock { tables in
            if let built = tables, built.count >= scalars.count { return built }
            let built = ConstantTimeTables(Array(points.prefix(nextPowerOfTwo(scalars.count))))
            tables = built
            return built
        }
        var scalars = Array(scalars)
        defer { scalars.wipe() }
        return RistrettoPoint.multiscalarMultiply(constantTime: scalars, tables)
    }
}
