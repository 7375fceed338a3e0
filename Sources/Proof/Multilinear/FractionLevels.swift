import Ristretto255

/// A binary tree of fraction sums (Papini-Haboeck, ePrint 2023/1284): each node is `p0/q0 + p1/q1` of its children,
/// without the division. Level l has 2^l nodes, the root at l = 0; the children of node x are x and 2^l + x of the level
/// below, so that the child bit is the first variable.
///
/// The nodes of a level from `explicitCount` on are all equal to its tail: what a padded hypercube adds to a column.
package protocol FractionLevels: Sendable {
    var height: Int { get }
    func explicitCount(level: Int) -> Int
    func tail(level: Int) -> (numerator: Scalar, denominator: Scalar)
    /// Writes the nodes of `range`, which lies below `explicitCount(level:)`.
    func read(
        level: Int,
        _ range: Range<Int>,
        numerators: UnsafeMutablePointer<Scalar>,
        denominators: UnsafeMutablePointer<Scalar>
    )
}

extension FractionLevels {
    /// Writes the nodes of any range of the level.
    func readWithTail(
        level: Int,
        _ range: Range<Int>,
        numerators: UnsafeMutablePointer<Scalar>,
        denominators: UnsafeMutablePointer<Scalar>
    ) {
        let explicit = range.clamped(to: 0..<max(explicitCount(level: level), range.lowerBound))
        if !explicit.isEmpty {
            read(level: level, explicit, numerators: numerators, denominators: denominators)
        }
        guard explicit.count < range.count else { return }
        let tail = tail(level: level)
        for index in explicit.count..<range.count {
            numerators[index] = tail.numerator
            denominators[index] = tail.denominator
        }
    }

    /// One node.
    func node(level: Int, _ index: Int) -> (numerator: Scalar, denominator: Scalar) {
        var numerator = Scalar.zero
        var denominator = Scalar.zero
        readWithTail(level: level, index..<index + 1, numerators: &numerator, denominators: &denominator)
        return (numerator, denominator)
    }
}
