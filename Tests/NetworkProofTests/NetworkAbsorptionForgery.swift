import Ristretto255

@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport

/// For each message that a network proof absorbs what a prover can do in a system that forgets to absorb it
/// (frozen-challenge attacks).
///
/// A forger runs in a given system: `labels` are what that system forgets.
enum NetworkAbsorptionForgery {
    typealias Forger = (_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof

    enum Finding {
        /// Without the absorb this makes proofs of false statements.
        case attack(Forger)
        /// Soundness does not rest on this absorb, for the reason that `AbsorptionForgery` of the match proof gives: the
        /// opening is the same. The changes that one would try are refused without it too.
        case redundant([(inout NetworkProofBody) -> Void])
        /// A challenge, not a message.
        case challenge
        /// Of the match proof.
        case elsewhere
    }

    /// No default: a new label needs a finding here before the tests compile.
    static func finding(for label: ProofLabel) -> Finding {
        switch label {
        case .suite: .attack(foreignSuite)
        case .challenge: .attack(replaying { $0.challenge = Array("another challenge".utf8) })
        case .attestation: .attack(replaying { $0.attestation = Array(repeating: 1, count: 104) })
        case .model: .attack(replaying { $0.model = Array(repeating: 2, count: 32) })
        case .sample: .attack(replaying { $0.sample = 1 })
        case .row: .attack(rowsAfterwards)
        case .root: .attack(rootsAfterwards)
        case .treeRound: .attack(treeRoundAfterwards)
        case .treeLeaf: .attack(treeLeavesAfterwards)
        case .layerValue: .attack(layerValuesAfterwards)
        case .layerRound: .attack(layerRoundAfterwards)
        case .layerFactor: .attack(layerFactorsAfterwards)
        case .openingRound: .attack(openingRoundAfterwards)
        case .maskCommitment: .attack(maskCommitmentAfterwards)
        case .foldLeft: .attack(foldLeftAfterwards)
        case .foldRight: .attack(foldRightAfterwards)
        case .maskedValue: .redundant([{ $0.opening.maskedValue += .one }])
        case .maskedBlinder: .redundant([{ $0.opening.maskedBlinder += .one }])
        case .foldedVector: .redundant([{ $0.opening.vector[0] += .one }, { $0.opening.vector.swapAt(0, 1) }])
        case .alpha, .beta, .treeBatch, .treeRoundChallenge, .treeMerge, .layerRoundChallenge, .openingBatch,
            .openingRoundChallenge, .maskChallenge, .innerProductBase, .foldChallenge:
            .challenge
        case .newTemplate, .network, .part, .matchBatch, .matchRound, .matchRoundChallenge, .matchEvaluation,
            .reblindCommitment, .reblindChallenge, .reblindResponse:
            .elsewhere
        }
    }

    // MARK: - Statement

    private static func foreignSuite(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof {
        var attempt = try NetworkAttempt(network)
        attempt.lies.transcript = { transcript in
            transcript.append(.suite, bytes: Array("another suite".utf8))
            transcript.checks.omittedLabels.insert(.suite)
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    /// A proof made under one context, shown under another.
    private static func replaying(_ change: @escaping (inout NetworkContext) -> Void) -> Forger {
        { network, labels in
            var proof = try NetworkAttempt(network).prove(on: NetworkMutant(labels: labels)).proof
            change(&proof.context)
            return proof
        }
    }

    /// E_i of somebody else, whose opening the forger does not know; a row of remainders takes up the difference.
    private static func rowsAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof {
        var proof = try NetworkAttempt(network).prove(on: NetworkMutant(labels: labels)).proof
        let weights = try proof.replay(omitting: labels).challenges.rowWeights
        let target = RistrettoPoint(uniformBytes: [UInt8](repeating: 7, count: 64))
        let embedding = proof.shape.startRows.count
        let other = embedding + 1
        let difference = target - (try decode(proof.embeddingRow))
        proof.embeddingRow = target.compress()
        proof.body.witnessRows[0] =
            (try decode(proof.body.witnessRows[0]) - weights[embedding] * weights[other].inverse() * difference)
            .compress()
        return proof
    }

    // MARK: - Lookup

    /// An activation in no table; two roots moved along the first layer's claim.
    private static func rootsAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof {
        var attempt = try FamilyAttacks.activationOutOfTable(network)
        let shape = attempt.shape
        let map = try MessageMap(of: NetworkStatement(shape))
        let roots = map.indices(of: .root)
        let batch = map.challengeIndices(of: .treeBatch)[0]
        attempt.lies.messages = { channel, opening, wires in
            // Of the quotients' pair P, Q_t, P_t, Q: P and Q of the column, which lambda^4 and lambda^5 weigh.
            try NetworkMessageSolver(shape: shape).solve(
                &channel,
                opening,
                wires,
                along: [(roots[4], .one), (roots[7], -channel.challenges[batch].inverse())]
            )
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    /// An activation in the leaves that no layer above knows of; the last round of the last layer joins them.
    private static func treeRoundAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof
    {
        var attempt = try FamilyAttacks.treeWithoutRoots(network)
        let shape = attempt.shape
        let rounds = try MessageMap(of: NetworkStatement(shape)).indices(of: .treeRound, level: shape.height - 1)
        attempt.lies.messages = { channel, opening, wires in
            try NetworkMessageSolver(shape: shape)
                .solve(&channel, opening, wires, along: [(rounds[rounds.count - 1], .one)])
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    /// The same, joined by the numerators of a table's leaf messages of that layer, whose merged claim stays as it was.
    private static func treeLeavesAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof
    {
        var attempt = try FamilyAttacks.treeWithoutRoots(network)
        let shape = attempt.shape
        let map = try MessageMap(of: NetworkStatement(shape))
        let level = shape.height - 1
        let leaves = map.indices(of: .treeLeaf, level: level)
        var position = 0
        for pads in shape.lookup.layers[level].leaves {
            if pads.cross != nil { break }
            position += 2
        }
        let (first, second) = (leaves[position], leaves[position + 2])
        let merge = map.challengeIndices(of: .treeMerge)[level]
        attempt.lies.messages = { channel, opening, wires in
            let tau = channel.challenges[merge]
            try NetworkMessageSolver(shape: shape)
                .solve(&channel, opening, wires, along: [(first, tau), (second, tau - .one)])
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    // MARK: - Layers

    /// The embedding of another capture; v_start and v_z are moved so that the batch of opening claims stays as it was.
    private static func layerValuesAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws
        -> OfferedProof
    {
        try solving(network, labels) { map, channel in
            let values = map.indices(of: .layerValue)
            let gamma = channel.challenges[map.challengeIndices(of: .openingBatch)[0]]
            return [(values[0], gamma), (values[1], -Scalar.one)]
        }
    }

    /// The same; the last round of the layers' sumcheck takes up the difference.
    private static func layerRoundAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof
    {
        try solving(network, labels) { map, _ in
            let rounds = map.indices(of: .layerRound)
            return [(rounds[rounds.count - 1], .one)]
        }
    }

    /// The same; the weights' claims of two terms take it up, together invisible to the batch of opening claims.
    private static func layerFactorsAfterwards(
        _ network: RandomNetwork,
        _ labels: Set<ProofLabel>
    ) throws -> OfferedProof {
        try solving(network, labels) { map, channel in
            let factors = map.indices(of: .layerFactor)
            let gamma = channel.challenges[map.challengeIndices(of: .openingBatch)[0]]
            return [(factors[0], gamma.squared()), (factors[2], -Scalar.one)]
        }
    }

    private static func solving(
        _ network: RandomNetwork,
        _ labels: Set<ProofLabel>,
        _ direction: @escaping (MessageMap, SentMessages) -> [(index: Int, factor: Scalar)]
    ) throws -> OfferedProof {
        var attempt = try FamilyAttacks.embeddingOfChoice(network)
        let shape = attempt.shape
        let map = try MessageMap(of: NetworkStatement(shape))
        attempt.lies.messages = { channel, opening, wires in
            let direction = direction(map, channel)
            try NetworkMessageSolver(shape: shape).solve(&channel, opening, wires, along: direction)
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    // MARK: - Opening

    /// Lookups and layers of one capture, E_i of another; one round of the opening joins them.
    private static func openingRoundAfterwards(
        _ network: RandomNetwork,
        _ labels: Set<ProofLabel>
    ) throws -> OfferedProof {
        var attempt = try FamilyAttacks.otherEmbedding(network)
        let shape = attempt.shape
        let rounds = try MessageMap(of: NetworkStatement(shape)).indices(of: .openingRound)
        attempt.lies.messages = { channel, opening, wires in
            try NetworkMessageSolver(shape: shape)
                .solve(&channel, opening, wires, along: [(rounds[rounds.count - 1], .one)])
        }
        return try attempt.prove(on: NetworkMutant(labels: labels)).proof
    }

    /// A proof that is right in everything but that E_i is a row that the forger cannot open.
    ///
    /// - Returns: the proof, `own row - E_i`, and the equation's weight of E_i.
    private static func impostor(
        _ network: RandomNetwork,
        _ labels: Set<ProofLabel>
    ) throws -> (OfferedProof, difference: RistrettoPoint, known: OpeningVerifier.Challenges, weight: Scalar) {
        var attempt = try NetworkAttempt(network)
        let own = try decode(attempt.embeddingRow)
        let target = RistrettoPoint(uniformBytes: [UInt8](repeating: 7, count: 64))
        attempt.otherEmbeddingRow = target.compress()
        let proof = try attempt.prove(on: NetworkMutant(labels: labels)).proof
        let known = try proof.replay(omitting: labels).challenges
        let weight = known.maskChallenge * known.rowWeights[proof.shape.startRows.count]
        return (proof, own - target, known, weight)
    }

    /// D takes up what E_i lacks.
    private static func maskCommitmentAfterwards(
        _ network: RandomNetwork,
        _ labels: Set<ProofLabel>
    ) throws -> OfferedProof {
        var (proof, difference, _, weight) = try impostor(network, labels)
        let mask = try decode(proof.body.opening.maskCommitment)
        proof.body.opening.maskCommitment = (mask + weight * difference).compress()
        return proof
    }

    /// The first L takes it up.
    private static func foldLeftAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof {
        var (proof, difference, known, weight) = try impostor(network, labels)
        let left = try decode(proof.body.opening.folds[0].left)
        let factor = weight * known.foldChallenges[0].squared().inverse()
        proof.body.opening.folds[0].left = (left + factor * difference).compress()
        return proof
    }

    /// The first R takes it up.
    private static func foldRightAfterwards(_ network: RandomNetwork, _ labels: Set<ProofLabel>) throws -> OfferedProof
    {
        var (proof, difference, known, weight) = try impostor(network, labels)
        let right = try decode(proof.body.opening.folds[0].right)
        let factor = weight * known.foldChallenges[0].squared()
        proof.body.opening.folds[0].right = (right + factor * difference).compress()
        return proof
    }

    private static func decode(_ point: CompressedRistretto) throws -> RistrettoPoint {
        guard let decoded = point.decompress() else { throw ArgumentError.invalidPoint }
        return decoded
    }
}
