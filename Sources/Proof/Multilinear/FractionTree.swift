import Ristretto255

/// A fraction tree with every level in memory: a table's, or a short column's.
package struct FractionTree: FractionLevels, Sendable {
    /// `numerators[l]`, `denominators[l]`: level l, the root at l = 0, the leaves at l = height.
    package let numerators: [[Scalar]]
    /// The node x of `numerators[l]` and that of `denominators[l]` are one fraction.
    package let denominators: [[Scalar]]

    /// A tree whose levels need not follow from one another, as dishonest provers have it.
    init(numerators: [[Scalar]], denominators: [[Scalar]]) {
        self.numerators = numerators
        self.denominators = denominators
    }

    /// - Parameters: leaf numerators and denominators, 2^height each.
    package init(leafNumerators: [Scalar], leafDenominators: [Scalar]) {
        var numerators = [leafNumerators]
        var denominators = [leafDenominators]
        var p = leafNumerators
        var q = leafDenominators
        while q.count > 1 {
            let half = q.count / 2
            var nextP = [Scalar](repeating: .zero, count: half)
            var nextQ = nextP
            for index in 0..<half {
                nextP[index] = Scalar.sumOfProducts(p[index], q[half + index], p[half + index], q[index])
                nextQ[index] = q[index] * q[half + index]
            }
            p = nextP
            q = nextQ
            numerators.append(p)
            denominators.append(q)
        }
        self.init(numerators: numerators.reversed(), denominators: denominators.reversed())
    }

    package var height: Int { denominators.count - 1 }

    package func node(level: Int, _ index: Int) -> (numerator: Scalar, denominator: Scalar) {
        (numerators[level][index], denominators[level][index])
    }

    package func layer(_ level: Int, lambda: Scalar) -> any FractionLayer {
        let count = 2 << level
        let arena = SecretArena(count: 2 * count)
        arena.scalars.update(from: numerators[level + 1], count: count)
        (arena.scalars + count).update(from: denominators[level + 1], count: count)
        return StoredFractionLayer(level, lambda: lambda, arena: arena, .arena(at: 0))
    }
}
