import Ristretto255

/// A fraction tree with every level in memory.
package struct FractionTree: FractionLevels {
    /// `numerators[l]`, `denominators[l]`: level l, the root at l = 0, the leaves at l = height.
    package let numerators: [[Scalar]]
    /// The node x of `numerators[l]` and that of `denominators[l]` are one fraction.
    package let denominators: [[Scalar]]

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
                nextP[index] = p[index] * q[half + index] + p[half + index] * q[index]
                nextQ[index] = q[index] * q[half + index]
            }
            p = nextP
            q = nextQ
            numerators.append(p)
            denominators.append(q)
        }
        self.numerators = numerators.reversed()
        self.denominators = denominators.reversed()
    }

    package var height: Int { denominators.count - 1 }

    package func explicitCount(level: Int) -> Int { denominators[level].count }

    package func tail(level: Int) -> (numerator: Scalar, denominator: Scalar) { (.zero, .one) }

    package func read(
        level: Int,
        _ range: Range<Int>,
        numerators: UnsafeMutablePointer<Scalar>,
        denominators: UnsafeMutablePointer<Scalar>
    ) {
        self.numerators[level].withUnsafeBufferPointer { source in
            for (offset, index) in range.enumerated() { numerators[offset] = source[index] }
        }
        self.denominators[level].withUnsafeBufferPointer { source in
            for (offset, index) in range.enumerated() { denominators[offset] = source[index] }
        }
    }
}
