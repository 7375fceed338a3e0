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
/// point to a claim on the level below (``FractionLayer``), down to the leaves, which are committed or public.
package protocol FractionLevels {
    /// The leaves are level `height`; level l has 2^l nodes.
    var height: Int { get }

    /// One node, of a level that no layer has used up.
    func node(level: Int, _ index: Int) -> (numerator: Scalar, denominator: Scalar)

    /// The sumcheck from the nodes of `level` to their children. May use up the children's level and all above it, so that
    /// layers are asked for from the root down, each once and when the one before is done.
    ///
    /// - Parameter lambda: the weight of denominators against numerators; not zero.
    func layer(_ level: Int, lambda: Scalar) -> any FractionLayer
}

/// One tree's part in the sumcheck that takes a claim on the nodes of a level to its children (p0, q0), (p1, q1).
///
/// The summand over x, eq being what the verifier divides out of each round (Gruen, ePrint 2024/108), is
///
///     eq(point, x) (p0 q1 + p1 q0 + lambda q0 q1) = eq(point, x) (p0 q1 + q0 a)          a = p1 + lambda q1
///     and, where p0 = p1 = 1 (a column's leaves),
///                    = eq(point, x) (lambda u v - 1/lambda)          u = q0 + 1/lambda, v = q1 + 1/lambda
///
/// so that it costs two products and one reduction instead of five products, or one product, and every factor binds like any
/// table. A round is sent as t(0) and the coefficient of X^2, which takes differences of neighbours that the next binding
/// takes too: a table of 2h entries is kept as t(y) and t(h + y) - t(y), y < h.
package protocol FractionLayer: AnyObject {
    /// The sums of a round's polynomial, the bound variable being the first of those that are left.
    ///
    /// - Parameters:
    ///   - equality: of the point's coordinates after this round's.
    ///   - challenge: of the round before, which is bound first, in the same pass over the memory; nil in the first.
    func roundSums(_ equality: EqualityWeights, binding challenge: Scalar?) -> RoundSums

    /// The children's values at the end.
    ///
    /// - Parameter challenge: of the last round; nil where there was none.
    func values(binding challenge: Scalar?) -> FractionChildren
}

/// A round's polynomial t of degree 2.
package struct RoundSums: Sendable {
    /// t(0).
    var zero = Scalar.zero
    /// t's coefficient of X^2, its value at infinity.
    var square = Scalar.zero

    static func += (sums: inout RoundSums, other: RoundSums) {
        sums.zero += other.zero
        sums.square += other.square
    }

    /// Adds what a run of nodes sums to, times its weight.
    mutating func add(_ weight: Scalar, _ zero: Scalar, _ square: Scalar) {
        self.zero += weight * zero
        self.square += weight * square
    }
}

/// The two children of a node, or of a combination of nodes.
package struct FractionChildren: Sendable {
    var p0: Scalar
    var p1: Scalar
    var q0: Scalar
    var q1: Scalar
}
