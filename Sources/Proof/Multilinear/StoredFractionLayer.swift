import Ristretto255

/// A layer with numerators, in memory that it uses up.
final class StoredFractionLayer: FractionLayer {
    /// Where the children are before the first challenge.
    enum Source {
        /// In memory: 2^(level+1) numerators from an offset on, then as many denominators.
        case arena(at: Int)
        /// Made of the leaves, their parents or their parents' parents, and stored by the first round.
        case leaves(FractionLeaves, parents: Bool)
        /// The leaves' parents, made of them in the first round and once more in the second, which stores what it binds: a table
        /// of half the size.
        case leavesTwice(FractionLeaves)
    }

    private let factors: FractionFactors
    private let lambda: Scalar
    private let arena: SecretArena
    private var source: Source
    /// Nodes of each child that are left.
    private var count: Int

    init(_ level: Int, lambda: Scalar, arena: SecretArena, _ source: Source) {
        self.lambda = lambda
        self.arena = arena
        self.source = source
        count = 1 << level
        factors =
            switch source {
            case .arena(let offset): FractionFactors(children: arena.scalars + offset, count: count)
            case .leaves: FractionFactors(children: arena.scalars, count: count)
            case .leavesTwice: FractionFactors(children: arena.scalars, count: count / 2)
            }
    }

    func roundSums(_ equality: EqualityWeights, binding challenge: Scalar?) -> RoundSums {
        count /= 2
        switch (source, challenge) {
        case (.arena, nil): return factors.first(lambda: lambda, half: count, equality)
        case (.leaves(let leaves, true), nil):
            return factors.first(ofParents: leaves, stores: true, lambda: lambda, half: count, equality)
        case (.leaves(let leaves, false), nil):
            return factors.first(ofGrandparents: leaves, lambda: lambda, half: count, equality)
        case (.leavesTwice(let leaves), nil):
            return factors.first(ofParents: leaves, stores: false, lambda: lambda, half: count, equality)
        case (.leavesTwice(let leaves), let challenge?):
            source = .arena(at: 0)
            return factors.second(ofParents: leaves, binding: challenge, lambda: lambda, half: count, equality)
        case (_, let challenge?): return factors.next(binding: challenge, half: count, equality)
        }
    }

    func values(binding challenge: Scalar?) -> FractionChildren {
        factors.values(binding: challenge, lambda: lambda)
    }
}
