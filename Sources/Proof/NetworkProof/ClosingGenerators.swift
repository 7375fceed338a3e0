import Bulletproofs
import Synchronization

/// The generators of closing arguments, derived once per size and process.
package enum ClosingGenerators {
    private static let cache = Mutex<[Int: BulletproofGenerators]>([:])

    /// At least `gateCount` rounded up to a power of two.
    package static func forGates(_ gateCount: Int) -> BulletproofGenerators {
        var capacity = 1
        while capacity < gateCount { capacity *= 2 }
        return cache.withLock { cache in
            if let known = cache[capacity] { return known }
            let made = BulletproofGenerators(capacity: capacity)
            cache[capacity] = made
            return made
        }
    }
}
