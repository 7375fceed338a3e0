import Ristretto255

@testable import Commitments
@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport

/// For each family of constraints a false statement whose witness violates that family and no other.
enum FamilyAttack {
    /// Nil for the family of the network proof's own (`NetworkProofTests/FamilyAttacks`). No default: a new family needs an
    /// attack here before the tests compile.
    static func attempt(on family: ConstraintFamily, scenario: Scenario) throws -> Attempt? {
        switch family {
        case .padCopy: unequalFactors(scenario)
        case .lookupRoot: entryOutOfRange(scenario)
        case .lookupLayer: treeWithoutRoots(scenario)
        case .lookupTable: tableOfOwnMaking(scenario)
        case .layers: nil
        case .match: inventedInnerProduct(scenario)
        case .bit: oneWideBit(scenario)
        case .rangeInnerProduct: try oppositeEmbedding(scenario)
        case .rangeNorm: try tinyEmbedding(scenario)
        case .rangeThreshold: scenario.strangerAttempt
        case .opening: otherRow(scenario)
        }
    }

    /// S * S' with an S' of the prover's choice reaches any threshold.
    static func unequalFactors(_ scenario: Scenario) -> Attempt {
        var attempt = scenario.strangerAttempt
        let (inner, norms, threshold) = numbers(scenario, scenario.stranger)
        // The least S' with 2^16 S S' >= num N N'.
        let other = (threshold * norms + (inner << 16) - 1) / (inner << 16)
        let pair = attempt.shape.pairWires[0]
        attempt.lies.wires = { wires in
            wires[pair.innerProductSquared.right] = Scalar(UInt64(other))
            wires.setBits(pair.thresholdBits, of: (inner * other) << 16 - threshold * norms)
            wires.multiplyGates()
        }
        return attempt
    }

    static func entryOutOfRange(_ scenario: Scenario) -> Attempt {
        var attempt = scenario.attempt
        attempt.changeVector(0) { $0[0] = Scalar(128) }
        return attempt
    }

    /// Upper layers of an embedding in range, leaves of the committed one.
    static func treeWithoutRoots(_ scenario: Scenario) -> Attempt {
        var attempt = entryOutOfRange(scenario)
        let honest = scenario.attempt.witness.vectors[0]
        attempt.lies.trees = { trees, alpha, beta in
            let leaves = leaves(of: trees[0]).denominators
            let fake = FractionTree(
                leafNumerators: leaves.map { _ in .one },
                leafDenominators: honest.map { alpha - beta - $0 }
            )
            trees[0] = FractionTree(
                numerators: fake.numerators,
                denominators: Array(fake.denominators.dropLast()) + [leaves]
            )
        }
        return attempt
    }

    /// A table that holds 128.
    static func tableOfOwnMaking(_ scenario: Scenario) -> Attempt {
        var attempt = entryOutOfRange(scenario)
        let replaced = Int(scenario.sample.values[0]) + MatchBounds.entryBound
        attempt.witness.multiplicities[replaced] -= .one
        attempt.witness.multiplicities[LookupTable.unusedIndex] += .one
        attempt.lies.trees = { trees, alpha, beta in
            let (numerators, table) = leaves(of: trees[1])
            var denominators = table
            denominators[LookupTable.unusedIndex] = alpha - beta - Scalar(128)
            trees[1] = FractionTree(
                leafNumerators: numerators,
                leafDenominators: denominators
            )
        }
        return attempt
    }

    static func inventedInnerProduct(_ scenario: Scenario) -> Attempt {
        var attempt = scenario.strangerAttempt
        let norms = attempt.witness.norms
        // S = T gives a cosine far above the threshold for vectors of these lengths.
        attempt.witness.innerProducts[0] = norms[1]
        return attempt
    }

    /// One "bit" holds the whole negative margin.
    static func oneWideBit(_ scenario: Scenario) -> Attempt {
        var attempt = scenario.strangerAttempt
        let pair = attempt.shape.pairWires[0]
        let margin = attempt.witness.thresholdMargin(
            0,
            shape: attempt.shape,
            threshold: scenario.login.challenge.threshold
        )
        attempt.lies.wires = { wires in
            wires.setBits(pair.thresholdBits, of: 0)
            wires[pair.thresholdBits[0].left] = margin
            wires[pair.thresholdBits[0].right] = .one - margin
            wires.multiplyGates()
        }
        return attempt
    }

    /// cos = -1 squares to 1.
    static func oppositeEmbedding(_ scenario: Scenario) throws -> Attempt {
        let opposite = try EmbeddingOpening(committing: scenario.sample.values.map { -$0 })
        return Attempt(scenario.login, samples: [opposite], template: scenario.template)
    }

    /// The template's direction, nearly at the origin, where rounding decides.
    static func tinyEmbedding(_ scenario: Scenario) throws -> Attempt {
        let tiny = try EmbeddingOpening(committing: scenario.template.values.map { $0.signum() })
        return Attempt(scenario.login, samples: [tiny], template: scenario.template)
    }

    /// Lookup and match of a matching embedding, rows of another.
    static func otherRow(_ scenario: Scenario) -> Attempt {
        var attempt = scenario.attempt
        let stranger = scenario.strangerAttempt
        attempt.rows = stranger.rows
        attempt.lies.matrix = { matrix in
            matrix.rows[0] = stranger.witness.vectors[0]
            matrix.blinders[0] = stranger.witness.blinders[0]
        }
        return attempt
    }

    private static func leaves(of tree: any FractionLevels) -> (numerators: [Scalar], denominators: [Scalar]) {
        let nodes = (0..<1 << tree.height).map { tree.node(level: tree.height, $0) }
        return (nodes.map(\.numerator), nodes.map(\.denominator))
    }

    private static func numbers(
        _ scenario: Scenario,
        _ sample: EmbeddingOpening
    ) -> (inner: Int128, norms: Int128, threshold: Int128) {
        let template = scenario.template.values
        let norms = Int128(Scenario.dot(sample.values, sample.values)) * Int128(Scenario.dot(template, template))
        return (Int128(Scenario.dot(sample.values, template)), norms, Int128(scenario.login.challenge.threshold))
    }
}
