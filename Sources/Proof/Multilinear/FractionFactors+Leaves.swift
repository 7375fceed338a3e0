import Ristretto255

// Rounds of the layers whose children are not stored: they are made of the leaves on the way.
extension FractionFactors {
    private typealias Node = (numerator: Scalar, denominator: Scalar)

    /// The first round of the layer to the leaves' parents.
    ///
    /// - Parameter stores: false leaves the memory as it is.
    func first(
        ofParents leaves: FractionLeaves,
        stores: Bool,
        lambda: Scalar,
        half: Int,
        _ equality: EqualityWeights
    ) -> RoundSums {
        leaves.withReader { reader in
            stores
                ? first(stores: true, lambda, half, equality, cost: 250) { reader.parent($0) }
                : first(stores: false, lambda, half, equality, cost: 250) { reader.parent($0) }
        }
    }

    /// The first round of the layer to the parents' parents.
    func first(
        ofGrandparents leaves: FractionLeaves,
        lambda: Scalar,
        half: Int,
        _ equality: EqualityWeights
    ) -> RoundSums {
        leaves.withReader { reader in
            first(stores: true, lambda, half, equality, cost: 500) { reader.grandparent($0) }
        }
    }

    @inline(__always)
    private func first(
        stores: Bool,
        _ lambda: Scalar,
        _ half: Int,
        _ equality: EqualityWeights,
        cost: Int,
        _ node: (Int) -> Node
    ) -> RoundSums {
        RunSums(equality: equality, cost: cost).over(half) { start, weights in
            var zero = ScalarAccumulator()
            var square = ScalarAccumulator()
            for offset in 0..<weights.count {
                let y = start &+ offset
                let z = y &+ half
                let (lowY, lowZ) = (node(y), node(z))
                let (highY, highZ) = (node(y &+ 2 &* half), node(z &+ 2 &* half))
                let factors = NodeFactors(
                    numerators: (lowY.numerator, lowZ.numerator, highY.numerator, highZ.numerator),
                    denominators: (lowY.denominator, lowZ.denominator, highY.denominator, highZ.denominator),
                    lambda
                )
                if stores { store(factors, y, z) }
                factors.add(weights[offset], &zero, &square)
            }
            return (zero.reduced(), square.reduced())
        }
    }

    /// The second round of the layer to the leaves' parents, after a first that stored nothing.
    func second(
        ofParents leaves: FractionLeaves,
        binding challenge: Scalar,
        lambda: Scalar,
        half: Int,
        _ equality: EqualityWeights
    ) -> RoundSums {
        leaves.withReader { reader in
            RunSums(equality: equality, cost: 450).over(half) { start, weights in
                var zero = ScalarAccumulator()
                var square = ScalarAccumulator()
                for offset in 0..<weights.count {
                    let y = start &+ offset
                    let z = y &+ half
                    let lowY = bound(reader, y, half, challenge)
                    let lowZ = bound(reader, z, half, challenge)
                    let highY = bound(reader, y &+ 4 &* half, half, challenge)
                    let highZ = bound(reader, z &+ 4 &* half, half, challenge)
                    let factors = NodeFactors(
                        numerators: (lowY.numerator, lowZ.numerator, highY.numerator, highZ.numerator),
                        denominators: (lowY.denominator, lowZ.denominator, highY.denominator, highZ.denominator),
                        lambda
                    )
                    store(factors, y, z)
                    factors.add(weights[offset], &zero, &square)
                }
                return (zero.reduced(), square.reduced())
            }
        }
    }

    /// Parents x and 2h + x, the first variable bound.
    @inline(__always)
    private func bound(_ reader: FractionLeaves.Reader, _ x: Int, _ half: Int, _ challenge: Scalar) -> Node {
        let (first, second) = (reader.parent(x), reader.parent(x &+ 2 &* half))
        return (
            first.numerator + challenge * (second.numerator - first.numerator),
            first.denominator + challenge * (second.denominator - first.denominator)
        )
    }
}
