import Bulletproofs
import Commitments
import Ristretto255
import Synchronization

/// The generators of closing arguments, derived once per size and process.
package enum ClosingGenerators {
    private static let cache = Mutex<[Int: BulletproofGenerators]>([:])
    private static let preparedCache = Mutex<[Int: (g: PrecomputedPoints, h: PrecomputedPoints)]>([:])

    /// At least `gateCount` rounded up to a power of two.
    package static func forGates(_ gateCount: Int) -> BulletproofGenerators {
        let capacity = 1 << ceilLog2(gateCount)
        return cache.withLock { cache in
            if let known = cache[capacity] { return known }
            let made = BulletproofGenerators(capacity: capacity)
            cache[capacity] = made
            return made
        }
    }

    /// The same, prepared for multiplications in variable time.
    static func prepared(count: Int) -> (g: PrecomputedPoints, h: PrecomputedPoints) {
        let generators = forGates(count)
        return preparedCache.withLock { cache in
            if let known = cache[generators.capacity] { return known }
            let made = (g: PrecomputedPoints(generators.g[0]), h: PrecomputedPoints(generators.h[0]))
            cache[generators.capacity] = made
            return made
        }
    }
}
