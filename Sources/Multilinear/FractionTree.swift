import Ristretto255

/// A binary tree of fraction sums (Papini-Haboeck, ePrint 2023/1284): each node is `p0/q0 + p1/q1` of its children,
/// without the division. Level l has 2^l nodes; the children of node x are x and 2^l + x of the level below, so that
/// the child bit is the first variable.
package struct FractionTree: Sendable {
    /// `numerators[l]`, `denominators[l]`: level l, the root at l = 0, the leaves at l = height.
    package let numerators: [[Scalar]]
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

    #if SEMBLANCE_TESTING
        /// Levels that need not follow from one another (dishonest provers; test builds only).
        package init(numerators: [[Scalar]], denominators: [[Scalar]]) {
            self.numerators = numerators
            self.denominators = denominators
        }
    #endif

    package var height: Int { denominators.count - 1 }
}
