import Ristretto255

/// A binary tree of fraction sums, what logup (Haboeck, ePrint 2022/1530) becomes without a committed helper column
/// (Papini and Haboeck, ePrint 2023/1284): each node is `p0/q0 + p1/q1` of its children, without the division.
///
///     level 0                    P/Q                    P/Q = sum of all leaves' fractions
///                              /     \
///     level 1              p0/q0     p1/q1              p = p0 q1 + p1 q0,  q = q0 q1
///                          /   \     /   \
///     level 2             x=0  x=2  x=1  x=3            node x has the children x and 2^l + x of the level below,
///                                                       so that the child bit is the first variable
///
///     a looked-up column: leaf x is 1 / (alpha - value of row x)
///     its table:          leaf t is -(multiplicity of t) / (alpha - value of row t)
///
/// The column's values are all in the table exactly if, at a random alpha, the two roots add up to zero:
/// `P_w Q_t + P_t Q_w = 0` (``LookupVerifier``). Layer by layer a sumcheck takes a claim on one level's nodes at a random
/// point to a claim on the level below (``FractionLayerSumcheck``), down to the leaves, which are committed or public.
///
/// The nodes of a level from `explicitCount` on are all equal to its tail: what a padded hypercube adds to a column.
package protocol FractionLevels: Sendable {
    /// The leaves are level `height`; level l has 2^l nodes.
    var height: Int { get }
    /// How many nodes of level `level` are not its tail: the first ones.
    func explicitCount(level: Int) -> Int
    /// What all other nodes of level `level` are.
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
