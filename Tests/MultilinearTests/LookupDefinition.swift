import Ristretto255

@testable import Multilinear

/// What a lookup's prover sends, by the definition in `docs/protocol.md` section 5.2: every level as a table, every round as a
/// sum over the hypercube.
struct LookupDefinition {
    struct Tree {
        var height: Int
        var numerators: [Scalar]
        var denominators: [Scalar]
        var hasUnitNumerators: Bool
    }

    let trees: [Tree]
    /// The challenges that the prover drew.
    private var challenges: ArraySlice<Scalar>
    private var sent: [Scalar] = []

    init(_ trees: [Tree], challenges: [Scalar]) {
        self.trees = trees
        self.challenges = challenges[...]
    }

    /// - Parameter pairs: columns and tables, by index.
    mutating func messages(_ pairs: [(column: Int, table: Int)]) -> [Scalar] {
        let levels = trees.map(levels)
        for pair in pairs {
            let (column, table) = (levels[pair.column][0], levels[pair.table][0])
            sent += [column.p[0], table.q[0], table.p[0], column.q[0]]
        }
        var point: [Scalar] = []
        for level in 0..<(trees.map(\.height).max() ?? 0) {
            let active = trees.indices.filter { trees[$0].height > level }
            let lambda = challenges.removeFirst()
            var tables = active.map { split(levels[$0][level + 1]) }
            var rho: [Scalar] = []
            for round in 0..<level {
                let equality = MultilinearExtension.equalityTable(point[(round + 1)...])
                sent += [sum(tables, lambda, equality, at: .zero), sum(tables, lambda, equality, at: .two)]
                let challenge = challenges.removeFirst()
                rho.append(challenge)
                tables = tables.map { $0.map { bind($0, challenge) } }
            }
            for (tree, tables) in zip(active, tables) {
                let (p0, p1, q0, q1) = (tables[0][0], tables[1][0], tables[2][0], tables[3][0])
                let isLeafOfColumn = trees[tree].hasUnitNumerators && level + 1 == trees[tree].height
                sent += isLeafOfColumn ? [q0, q1] : [p0, q1, p1, q0]
            }
            point = [challenges.removeFirst()] + rho
        }
        return sent
    }

    private func levels(_ tree: Tree) -> [(p: [Scalar], q: [Scalar])] {
        var levels = [(p: tree.numerators, q: tree.denominators)]
        while levels[0].q.count > 1 {
            let (p, q) = levels[0]
            let half = q.count / 2
            levels.insert(
                (
                    (0..<half).map { p[$0] * q[half + $0] + p[half + $0] * q[$0] },
                    (0..<half).map { q[$0] * q[half + $0] }
                ),
                at: 0
            )
        }
        return levels
    }

    /// p0, p1, q0, q1.
    private func split(_ level: (p: [Scalar], q: [Scalar])) -> [[Scalar]] {
        let half = level.p.count / 2
        return [level.p, level.q].flatMap { [Array($0[..<half]), Array($0[half...])] }
    }

    private func bind(_ table: [Scalar], _ value: Scalar) -> [Scalar] {
        let half = table.count / 2
        return (0..<half).map { table[$0] + value * (table[half + $0] - table[$0]) }
    }

    private func sum(_ trees: [[[Scalar]]], _ lambda: Scalar, _ equality: [Scalar], at value: Scalar) -> Scalar {
        var (total, weight) = (Scalar.zero, Scalar.one)
        for tables in trees {
            let bound = tables.map { bind($0, value) }
            for (x, eq) in equality.enumerated() {
                let (p0, p1, q0, q1) = (bound[0][x], bound[1][x], bound[2][x], bound[3][x])
                total += eq * weight * (p0 * q1 + p1 * q0 + lambda * q0 * q1)
            }
            weight *= lambda * lambda
        }
        return total
    }
}
