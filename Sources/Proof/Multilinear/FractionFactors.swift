import Ristretto255

/// The four factors of a layer's summand p0 q1 + q0 a, in memory that is bound in place: 2h entries each before the first round,
/// h values and h differences from then on (``FractionLayer``).
struct FractionFactors {
    let p0: UnsafeMutablePointer<Scalar>
    let q0: UnsafeMutablePointer<Scalar>
    let q1: UnsafeMutablePointer<Scalar>
    /// Holds p1 before the first round.
    let a: UnsafeMutablePointer<Scalar>

    /// The factors where a level's nodes lie: numerators, then denominators, child 0 before child 1.
    ///
    /// - Parameter count: nodes of each child.
    init(children: UnsafeMutablePointer<Scalar>, count: Int) {
        p0 = children
        a = children + count
        q0 = children + 2 * count
        q1 = children + 3 * count
    }

    /// What one node costs, in nanoseconds: six reductions, or twelve.
    private static let firstCost = 150
    private static let nextCost = 300

    /// The first round: makes a of p1, and values and differences of all.
    func first(lambda: Scalar, half: Int, _ equality: EqualityWeights) -> RoundSums {
        RunSums(equality: equality, cost: Self.firstCost).over(half) { start, weights in
            var zero = ScalarAccumulator()
            var square = ScalarAccumulator()
            for offset in 0..<weights.count {
                let y = start &+ offset
                let z = y &+ half
                let numerators = (p0[y], p0[z], a[y], a[z])
                let denominators = (q0[y], q0[z], q1[y], q1[z])
                write(y, z, numerators, denominators, lambda, weights[offset], &zero, &square)
            }
            return (zero.reduced(), square.reduced())
        }
    }

    /// Writes the factors of nodes y and z = h + y from their children's (child 0 at y and z, child 1 at y and z), and adds
    /// what they give to the sums.
    @inline(__always)
    func write(
        _ y: Int,
        _ z: Int,
        _ numerators: (Scalar, Scalar, Scalar, Scalar),
        _ denominators: (Scalar, Scalar, Scalar, Scalar),
        _ lambda: Scalar,
        _ weight: Scalar,
        _ zero: inout ScalarAccumulator,
        _ square: inout ScalarAccumulator
    ) {
        let p = (numerators.0, numerators.1 - numerators.0)
        let q = (denominators.0, denominators.1 - denominators.0)
        let b = (denominators.2, denominators.3 - denominators.2)
        let sum = (numerators.2 + lambda * b.0, numerators.3 - numerators.2 + lambda * b.1)
        (p0[y], p0[z]) = p
        (q0[y], q0[z]) = q
        (q1[y], q1[z]) = b
        (a[y], a[z]) = sum
        zero.add(weight, times: Scalar.sumOfProducts(p.0, b.0, q.0, sum.0))
        square.add(weight, times: Scalar.sumOfProducts(p.1, b.1, q.1, sum.1))
    }

    /// Every other round: binds the last challenge and sums over what comes out, in one pass.
    func next(binding challenge: Scalar, half: Int, _ equality: EqualityWeights) -> RoundSums {
        RunSums(equality: equality, cost: Self.nextCost).over(half) { start, weights in
            var zero = ScalarAccumulator()
            var square = ScalarAccumulator()
            for offset in 0..<weights.count {
                let y = start &+ offset
                let p = Self.bind(p0, y, half, challenge)
                let b = Self.bind(q1, y, half, challenge)
                let q = Self.bind(q0, y, half, challenge)
                let sum = Self.bind(a, y, half, challenge)
                zero.add(weights[offset], times: Scalar.sumOfProducts(p.value, b.value, q.value, sum.value))
                square.add(
                    weights[offset],
                    times: Scalar.sumOfProducts(p.difference, b.difference, q.difference, sum.difference)
                )
            }
            return (zero.reduced(), square.reduced())
        }
    }

    /// Binds a challenge in a table of 4h entries, half of them differences: entries y and h + y of what is left, as value and
    /// difference, in their places.
    @inline(__always)
    static func bind(
        _ table: UnsafeMutablePointer<Scalar>,
        _ y: Int,
        _ half: Int,
        _ challenge: Scalar
    ) -> (value: Scalar, difference: Scalar) {
        let z = y &+ half
        let value = table[y] + challenge * table[y &+ 2 &* half]
        let difference = table[z] + challenge * table[z &+ 2 &* half] - value
        table[y] = value
        table[z] = difference
        return (value, difference)
    }

    /// The children once every variable is bound, the last to `challenge`; without a round, as they were read.
    func values(binding challenge: Scalar?, lambda: Scalar) -> FractionChildren {
        guard let challenge else { return FractionChildren(p0: p0[0], p1: a[0], q0: q0[0], q1: q1[0]) }
        let denominator = q1[0] + challenge * q1[1]
        return FractionChildren(
            p0: p0[0] + challenge * p0[1],
            p1: a[0] + challenge * a[1] - lambda * denominator,
            q0: q0[0] + challenge * q0[1],
            q1: denominator
        )
    }
}

/// The layer of a tree that has the children's level in memory, which is used up, or makes it of the leaves.
final class StoredFractionLayer: FractionLayer {
    private let factors: FractionFactors
    private let lambda: Scalar
    private let arena: SecretArena
    private let leaves: FractionLeaves?
    /// Nodes of each child that are left.
    private var count: Int

    /// - Parameters:
    ///   - offset: where the children's level starts in the arena: 2^(level+1) numerators, then as many denominators.
    ///   - leaves: the children's children, where the level is not there yet.
    init(_ level: Int, lambda: Scalar, arena: SecretArena, at offset: Int, from leaves: FractionLeaves? = nil) {
        self.lambda = lambda
        self.leaves = leaves
        self.arena = arena
        count = 1 << level
        factors = FractionFactors(children: arena.scalars + offset, count: count)
    }

    func roundSums(_ equality: EqualityWeights, binding challenge: Scalar?) -> RoundSums {
        count /= 2
        if let challenge { return factors.next(binding: challenge, half: count, equality) }
        if let leaves { return factors.first(of: leaves, lambda: lambda, half: count, equality) }
        return factors.first(lambda: lambda, half: count, equality)
    }

    func values(binding challenge: Scalar?) -> FractionChildren {
        factors.values(binding: challenge, lambda: lambda)
    }
}
