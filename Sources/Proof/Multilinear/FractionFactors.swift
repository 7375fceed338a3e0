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
                let node = NodeFactors(
                    numerators: (p0[y], p0[z], a[y], a[z]),
                    denominators: (q0[y], q0[z], q1[y], q1[z]),
                    lambda
                )
                store(node, y, z)
                node.add(weights[offset], &zero, &square)
            }
            return (zero.reduced(), square.reduced())
        }
    }

    @inline(__always)
    func store(_ node: NodeFactors, _ y: Int, _ z: Int) {
        (p0[y], p0[z]) = node.p
        (q0[y], q0[z]) = node.q
        (q1[y], q1[z]) = node.b
        (a[y], a[z]) = node.a
    }

    /// Every other round: binds the last challenge and sums over what comes out, in one pass.
    func next(binding challenge: Scalar, half: Int, _ equality: EqualityWeights) -> RoundSums {
        RunSums(equality: equality, cost: Self.nextCost).over(half) { start, weights in
            var zero = ScalarAccumulator()
            var square = ScalarAccumulator()
            for offset in 0..<weights.count {
                let y = start &+ offset
                let node = NodeFactors(
                    p: Self.bind(p0, y, half, challenge),
                    q: Self.bind(q0, y, half, challenge),
                    b: Self.bind(q1, y, half, challenge),
                    a: Self.bind(a, y, half, challenge)
                )
                node.add(weights[offset], &zero, &square)
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
    ) -> NodeFactors.Pair {
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

/// What one node y of a layer and its neighbour z = h + y contribute: values at y, and differences.
struct NodeFactors {
    typealias Pair = (value: Scalar, difference: Scalar)
    let p: Pair
    let q: Pair
    /// Of q1.
    let b: Pair
    let a: Pair

    @inline(__always)
    init(p: Pair, q: Pair, b: Pair, a: Pair) {
        self.p = p
        self.q = q
        self.b = b
        self.a = a
    }

    /// - Parameters: the children's, child 0 at y and z, child 1 at y and z.
    @inline(__always)
    init(
        numerators: (Scalar, Scalar, Scalar, Scalar),
        denominators: (Scalar, Scalar, Scalar, Scalar),
        _ lambda: Scalar
    ) {
        p = (numerators.0, numerators.1 - numerators.0)
        q = (denominators.0, denominators.1 - denominators.0)
        b = (denominators.2, denominators.3 - denominators.2)
        a = (numerators.2 + lambda * b.value, numerators.3 - numerators.2 + lambda * b.difference)
    }

    /// Adds to the sums at 0 and of the squares.
    @inline(__always)
    func add(_ weight: Scalar, _ zero: inout ScalarAccumulator, _ square: inout ScalarAccumulator) {
        zero.add(weight, times: Scalar.sumOfProducts(p.value, b.value, q.value, a.value))
        square.add(weight, times: Scalar.sumOfProducts(p.difference, b.difference, q.difference, a.difference))
    }
}
