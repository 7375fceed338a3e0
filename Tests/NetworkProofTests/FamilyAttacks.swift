import Ristretto255

@testable import Multilinear
@testable import ProofTestSupport

/// For each family of a network proof's constraints a false statement whose witness violates that family and no other.
enum FamilyAttacks {
    /// Nil for the families of the match. No default: a new family needs an attack before the tests compile.
    static func attempt(on family: ConstraintFamily, network: RandomNetwork) throws -> NetworkAttempt? {
        switch family {
        case .padCopy: try anotherRounding(network)
        case .lookupRoot: try activationOutOfTable(network)
        case .lookupLayer: try treeWithoutRoots(network)
        case .lookupTable: try tableOfOwnMaking(network)
        case .layers: try embeddingOfChoice(network)
        case .opening: try otherEmbedding(network)
        case .match, .bit, .rangeInnerProduct, .rangeNorm, .rangeThreshold: nil
        }
    }

    /// A network that rounds otherwise. In the remainder table's last layer the copy of the pad of q0 differs by one from
    /// its original, which moves the table's first half by one: its remainders are -9...6. No row of the second half is
    /// looked up, so that q0 enters the layer's other product with the factor 0.
    static func anotherRounding(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try NetworkAttempt(network)
        let shape = attempt.shape
        // Start values that the moved half still holds.
        let input = attempt.blocks[0].map { min(max($0, -120), 100) }
        attempt.fill(network.trace(input, rounding: 1), rounding: 1)
        var counts = [Int32](repeating: 0, count: shape.remainderTable.count)
        for address in 0..<1 << shape.height {
            let value = address < shape.usedCount ? Int(attempt.remainders[address]) : 0
            let isStart = shape.startRows.contains(address / shape.columnCount)
            counts[isStart ? shape.remainderTable.index(ofStart: value + 1) : value + 9] += 1
        }
        attempt.remainderCounts = counts
        let level = shape.lookup.trees[1].height - 1
        guard let pads = shape.lookup.layers[level].leaves.first(where: { $0.tree == 1 }), let cross = pads.cross else {
            return attempt
        }
        attempt.lies.wires = { wires in
            wires[pads.denominators.left] += .one
            wires.multiplyGates()
        }
        attempt.lies.pads = { wires in
            var masks = wires
            masks[cross.1.right] += .one
            return masks
        }
        attempt.lies.trees = { trees, alpha, beta in
            let leaves = shape.remainderTable.denominators(alpha: alpha, beta: beta)
            trees[1] = FractionTree(
                leafNumerators: counts.map { Scalar(signed: -Int($0)) },
                leafDenominators: leaves.enumerated().map { $0 < leaves.count / 2 ? $1 + .one : $1 }
            )
        }
        return attempt
    }

    static func activationOutOfTable(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try NetworkAttempt(network)
        attempt.fill(network.trace(attempt.blocks[0], activate: { if $0 == 0 { $1[0] += 1 } }))
        return attempt
    }

    /// Upper layers of a column in the table, leaves of the committed one.
    static func treeWithoutRoots(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try activationOutOfTable(network)
        let honest = try NetworkAttempt(network)
        attempt.quotientCounts = honest.quotientCounts
        attempt.lies.trees = { trees, alpha, beta in
            let leaves = (0..<1 << trees[2].height).map { trees[2].node(level: trees[2].height, $0).denominator }
            let fake = NetworkAttempt.columnTree(honest.leaves(alpha: alpha, beta: beta).quotients)
            trees[2] = FractionTree(
                numerators: fake.numerators,
                denominators: Array(fake.denominators.dropLast()) + [leaves]
            )
        }
        return attempt
    }

    /// A table whose last, repeated row is the one that the activation needs.
    static func tableOfOwnMaking(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try activationOutOfTable(network)
        let shape = attempt.shape
        let address = attempt.address(1, 0, 0, 0)
        let (quotient, value) = (attempt.quotients[address], attempt.activations[address])
        let (kind, positive) = (attempt.kinds[address], shape.hasPositivePart ? attempt.positives[address] : 0)
        let last = shape.quotientTable.count - 1
        attempt.quotientCounts[last] += 1
        let counts = attempt.quotientCounts
        attempt.lies.trees = { trees, alpha, beta in
            var leaves = shape.quotientTable.denominators(alpha: alpha, beta: beta)
            let betas = Scalar.powers(of: beta, count: 4)
            leaves[last] = alpha - Scalar(signed: Int(quotient)) - betas[1] * Scalar(signed: Int(value))
            leaves[last] -= betas[2] * Scalar(signed: Int(kind)) + betas[3] * Scalar(signed: Int(positive))
            trees[3] = FractionTree(
                leafNumerators: counts.map { Scalar(signed: -Int($0)) },
                leafDenominators: leaves
            )
        }
        return attempt
    }

    /// The embedding of another capture, all lookups in the tables.
    static func embeddingOfChoice(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try NetworkAttempt(network)
        let last = network.description.layers.count - 1
        let other = network.trace(network.randomInput(seed: 8)).accumulators[last]
        attempt.fill(network.trace(attempt.blocks[0], accumulate: { if $0 == last { $1 = other } }))
        return attempt
    }

    static func otherEmbedding(_ network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try NetworkAttempt(network)
        try openAnotherEmbedding(&attempt)
        return attempt
    }

    /// Lookups and layers of one capture, the E_i of another.
    static func openAnotherEmbedding(_ attempt: inout NetworkAttempt) throws {
        let other = try NetworkAttempt(attempt.network, seed: 8)
        attempt.otherEmbeddingRow = other.embeddingRow
        let (m, row, virtual) = (attempt.shape.columnCount, attempt.shape.startRows.count, attempt.shape.embeddingRow)
        let blinder = other.embeddingBlinder
        let values = other.activations[virtual * m..<(virtual + 1) * m]
        attempt.lies.matrix = { matrix in
            matrix.entries.replaceSubrange(row * m..<(row + 1) * m, with: values)
            matrix.blinders[row] = blinder
        }
    }
}
