import Ristretto255

@testable import Commitments
@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport
@testable import Statement

/// For each absorbed message what a prover can do in a system that forgets to absorb it (frozen-challenge attacks).
///
/// A forger runs in a given system: `labels` are what that system forgets.
enum AbsorptionForgery {
    typealias Forger = (_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope

    enum Finding {
        /// Without the absorb this makes proofs of false statements.
        case attack(Forger)
        /// Soundness does not rest on this absorb, for the reason given. The changes that one would try come with it:
        /// the system without the absorb refuses them too.
        case redundant(String, [(inout ProofBody) -> Void])
        /// A challenge, not a message.
        case challenge
        /// Of the network proof: `NetworkProofTests/NetworkAbsorptionForgery`.
        case elsewhere
    }

    /// No default: a new label needs a finding here before the tests compile.
    static func finding(for label: ProofLabel) -> Finding {
        switch label {
        case .suite: .attack(foreignSuite)
        case .challenge: .attack(replayUnderAnotherChallenge)
        case .attestation: .attack(replayWithAnotherAttestation)
        case .newTemplate: .attack(newTemplateAfterwards)
        case .network: .attack(networkProofAfterwards)
        case .part: .elsewhere
        case .row: .attack(rowAfterwards)
        case .root: .attack(rootsAfterwards)
        case .treeRound: .attack(treeRoundAfterwards)
        case .treeLeaf: .attack(treeLeavesAfterwards)
        case .matchRound: .attack(matchRoundAfterwards)
        case .matchEvaluation: .attack(evaluationsAfterwards)
        case .openingRound: .attack(openingRoundAfterwards)
        case .maskCommitment: .attack(maskCommitmentAfterwards)
        case .foldLeft: .attack(foldLeftAfterwards)
        case .foldRight: .attack(foldRightAfterwards)
        case .reblindCommitment: .attack(reblindCommitmentAfterwards)
        case .maskedValue:
            .redundant(
                """
                s = k C + p is one of the closing argument's constraints, and C, k and p are fixed before U is scaled: \
                C by the absorbed messages and the committed wires, p by the committed wires. So s is fixed as well when \
                the scale of U is drawn, absorbed or not. It cannot be moved after the closing challenges either: the \
                opening's group equation has one solution s once D, the folds and the vector, all absorbed, are fixed.
                """,
                [{ $0.opening.maskedValue += .one }, { $0.opening.maskedValue = -$0.opening.maskedValue }]
            )
        case .maskedBlinder:
            .redundant(
                """
                omega is the coefficient of H and of nothing else. The components of the group equation along G_j and U \
                do not depend on it, so whatever it is, w opens k sum L_i C_i + D along G_j; and it is the only solution \
                once D and the folds are fixed.
                """,
                [{ $0.opening.maskedBlinder += .one }, { $0.opening.maskedBlinder = -$0.opening.maskedBlinder }]
            )
        case .foldedVector:
            .redundant(
                """
                The challenges that follow, of re-blinding and closing, do not enter the opening's group equation, and \
                the vector enters nothing else. Given D, s, omega and the folds, all absorbed, the equation has one \
                solution (two would give a relation between G_j and U); the closing argument does not speak of it.
                """,
                [{ $0.opening.vector[0] += .one }, { $0.opening.vector.swapAt(0, 1) }]
            )
        case .reblindResponse:
            .redundant(
                """
                z is the last message of the clause: z H = A + c (C_t' - C_t) has one solution once A, C_t' and c are \
                fixed, and no other equation speaks of it. It is absorbed so that the closing argument covers every \
                byte before it.
                """,
                [{ $0.reblinding?.response += .one }, { $0.reblinding?.response = .zero }]
            )
        case .alpha, .beta, .treeBatch, .treeRoundChallenge, .treeMerge, .matchBatch, .matchRoundChallenge,
            .openingBatch, .openingRoundChallenge, .maskChallenge, .innerProductBase, .foldChallenge, .reblindChallenge:
            .challenge
        case .model, .sample, .layerValue, .layerRound, .layerRoundChallenge, .layerFactor:
            .elsewhere
        }
    }

    // MARK: - Statement

    /// A proof made for another suite.
    private static func foreignSuite(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var attempt = scenario.attempt
        attempt.lies.transcript = { transcript in
            transcript.append(.suite, bytes: Array("another suite".utf8))
            transcript.checks.omittedLabels.insert(.suite)
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// A proof of one login shown for another: other nonce, purpose, subject, client.
    private static func replayUnderAnotherChallenge(
        _ scenario: Scenario,
        _ labels: Set<ProofLabel>
    ) throws -> ProofEnvelope {
        let proof = try scenario.attempt.prove(on: Mutant(labels: labels)).envelope
        let other = try scenario.fixture.challenge(.authenticate, template: scenario.template.commitment) {
            $0.purpose = "sudo"
            $0.subject = "mallory"
            $0.clientKey = Array(repeating: 9, count: 32)
        }
        return ProofEnvelope(challenge: other, attestations: proof.attestations, body: proof.body)
    }

    /// The capture's time, moved after the proof was made, under a signature that holds.
    private static func replayWithAnotherAttestation(
        _ scenario: Scenario,
        _ labels: Set<ProofLabel>
    ) throws -> ProofEnvelope {
        var attempt = scenario.attempt
        attempt.attestations = [scenario.fixture.attest(scenario.sample, scenario.login).attestation]
        let proof = try attempt.prove(on: Mutant(labels: labels)).envelope
        let later = SensorAttestation.sign(
            challenge: scenario.login,
            time: 1_700_000_050,
            rows: attempt.rows,
            with: scenario.fixture.sensor
        )
        return ProofEnvelope(challenge: proof.challenge, attestations: [later], body: proof.body)
    }

    /// The match proof of one envelope with another network proof for the same rows: not a false statement, but a second
    /// envelope that its prover did not make.
    private static func networkProofAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope
    {
        let scenario = try FullScenario(.full)
        var envelope = try scenario.attempt.prove(on: Mutant(labels: labels)).envelope
        envelope.networkProofs = try scenario.networkProofs()
        return envelope
    }

    /// C_t' solved from the Schnorr equation for an A that is no multiple of H: it opens to another vector than C_t.
    private static func newTemplateAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        let scenario = try Scenario(role: .reblind)
        let generators = RowGenerators.forWidth(128)
        var attempt = scenario.attempt
        attempt.lies.reblindingCommitment = { commitment in
            let point = commitment.decompress() ?? .identity
            return (point + Scalar(1000) * generators.columns[0]).compress()
        }
        var envelope = try attempt.prove(on: Mutant(labels: labels)).envelope
        let challenge = try Replay(envelope, omitting: labels).reblindingChallenge ?? .one
        let honest = try decode(envelope.body.newTemplate)
        envelope.body.newTemplate =
            (honest - challenge.inverse() * Scalar(1000) * generators.columns[0]).compress()
        return envelope
    }

    /// The embedding row solved from the opening's equation: the victim's C_t, which the forger cannot open, against
    /// his own template and face.
    private static func rowAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var (envelope, difference) = try impostor(scenario, labels)
        let weights = try Replay(envelope, omitting: labels).challenges.rowWeights
        let row = try decode(envelope.body.embeddingRows[0])
        envelope.body.embeddingRows[0] = (row + weights[1] * weights[0].inverse() * difference).compress()
        return envelope
    }

    // MARK: - Lookup and match

    /// An embedding entry of 128; the roots satisfy the root check and the first layer.
    private static func rootsAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var attempt = FamilyAttack.entryOutOfRange(scenario)
        let map = try MessageMap(of: MatchStatement(scenario.login))
        let roots = map.indices(of: .root)
        let batch = map.challengeIndices(of: .treeBatch)[0]
        // P_w has weight 1 and Q_w weight lambda in the first layer's claim.
        attempt.lies.messages = { channel, opening, wires in
            try MessageSolver(scenario.login).solve(
                &channel,
                opening,
                wires,
                along: [(roots[0], .one), (roots[3], -channel.challenges[batch].inverse())]
            )
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// An embedding entry of 128 in the leaves, none above; the last round of the last layer joins them.
    private static func treeRoundAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var attempt = FamilyAttack.treeWithoutRoots(scenario)
        let map = try MessageMap(of: MatchStatement(scenario.login))
        let rounds = map.indices(of: .treeRound, level: lastColumnLevel(attempt.shape))
        attempt.lies.messages = { channel, opening, wires in
            try MessageSolver(scenario.login).solve(&channel, opening, wires, along: [(rounds[rounds.count - 1], .one)])
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// The same, joined by the table's leaf messages of that layer, whose merged claim stays as it was.
    private static func treeLeavesAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var attempt = FamilyAttack.treeWithoutRoots(scenario)
        let map = try MessageMap(of: MatchStatement(scenario.login))
        let level = lastColumnLevel(attempt.shape)
        // The column's q0, q1, then the table's p0, q1, p1, q0.
        let leaves = map.indices(of: .treeLeaf, level: level)
        let merge = map.challengeIndices(of: .treeMerge)[level]
        attempt.lies.messages = { channel, opening, wires in
            let tau = channel.challenges[merge]
            try MessageSolver(scenario.login).solve(
                &channel,
                opening,
                wires,
                along: [(leaves[2], tau), (leaves[4], tau - .one)]
            )
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// A stranger with an invented inner product; one round of the match joins it to the vectors.
    private static func matchRoundAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var attempt = FamilyAttack.inventedInnerProduct(scenario)
        let rounds = try MessageMap(of: MatchStatement(scenario.login)).indices(of: .matchRound)
        attempt.lies.messages = { channel, opening, wires in
            try MessageSolver(scenario.login).solve(&channel, opening, wires, along: [(rounds[rounds.count - 1], .one)])
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// The same, joined by the two evaluations, moved so that the batch of opening claims stays as it was. The match is
    /// quadratic in them, so every second try succeeds.
    private static func evaluationsAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        let map = try MessageMap(of: MatchStatement(scenario.login))
        let evaluations = map.indices(of: .matchEvaluation)
        let batch = map.challengeIndices(of: .openingBatch)[0]
        var attempt = FamilyAttack.inventedInnerProduct(scenario)
        attempt.lies.messages = { channel, opening, wires in
            let gamma = channel.challenges[batch]
            try MessageSolver(scenario.login).solve(
                &channel,
                opening,
                wires,
                along: [(evaluations[0], gamma), (evaluations[1], -Scalar.one)]
            )
        }
        for _ in 0..<64 {
            if let envelope = try? attempt.prove(on: Mutant(labels: labels)).envelope { return envelope }
        }
        throw MessageSolver.Unsolvable()
    }

    // MARK: - Opening

    /// A stranger's row, the lookup and the match of a matching embedding; one round of the opening joins them.
    private static func openingRoundAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope
    {
        var attempt = FamilyAttack.otherRow(scenario)
        let rounds = try MessageMap(of: MatchStatement(scenario.login)).indices(of: .openingRound)
        attempt.lies.messages = { channel, opening, wires in
            try MessageSolver(scenario.login).solve(&channel, opening, wires, along: [(rounds[rounds.count - 1], .one)])
        }
        return try attempt.prove(on: Mutant(labels: labels)).envelope
    }

    /// D takes up what the victim's C_t lacks.
    private static func maskCommitmentAfterwards(
        _ scenario: Scenario,
        _ labels: Set<ProofLabel>
    ) throws -> ProofEnvelope {
        var (envelope, difference) = try impostor(scenario, labels)
        let known = try Replay(envelope, omitting: labels).challenges
        let mask = try decode(envelope.body.opening.maskCommitment)
        envelope.body.opening.maskCommitment =
            (mask + known.maskChallenge * known.rowWeights[1] * difference).compress()
        return envelope
    }

    /// The first L takes it up.
    private static func foldLeftAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var (envelope, difference) = try impostor(scenario, labels)
        let known = try Replay(envelope, omitting: labels).challenges
        let weight = known.maskChallenge * known.rowWeights[1] * known.foldChallenges[0].squared().inverse()
        let left = try decode(envelope.body.opening.folds[0].left)
        envelope.body.opening.folds[0].left = (left + weight * difference).compress()
        return envelope
    }

    /// The first R takes it up.
    private static func foldRightAfterwards(_ scenario: Scenario, _ labels: Set<ProofLabel>) throws -> ProofEnvelope {
        var (envelope, difference) = try impostor(scenario, labels)
        let known = try Replay(envelope, omitting: labels).challenges
        let weight = known.maskChallenge * known.rowWeights[1] * known.foldChallenges[0].squared()
        let right = try decode(envelope.body.opening.folds[0].right)
        envelope.body.opening.folds[0].right = (right + weight * difference).compress()
        return envelope
    }

    // MARK: - Re-blinding

    /// A of a known c and z: C_t' is whatever the forger likes, here a stranger's template.
    private static func reblindCommitmentAfterwards(
        _ scenario: Scenario,
        _ labels: Set<ProofLabel>
    ) throws -> ProofEnvelope {
        let scenario = try Scenario(role: .reblind)
        let target = try TemplateOpening(summing: [scenario.stranger]).commitment
        var attempt = scenario.attempt
        attempt.lies.newTemplate = { _ in target }
        var envelope = try attempt.prove(on: Mutant(labels: labels)).envelope
        let challenge = try Replay(envelope, omitting: labels).reblindingChallenge ?? .one
        let response = envelope.body.reblinding?.response ?? .zero
        let step = try decode(target) - decode(scenario.template.commitment)
        envelope.body.reblinding?.commitment =
            (response * RowGenerators.forWidth(128).blinding - challenge * step).compress()
        return envelope
    }

    // MARK: - Common parts

    /// A proof that is right in everything but that C_t is the victim's and the opened template the forger's own.
    ///
    /// - Returns: the proof and `C_own - C_t`.
    private static func impostor(
        _ scenario: Scenario,
        _ labels: Set<ProofLabel>
    ) throws -> (ProofEnvelope, RistrettoPoint) {
        let own = try TemplateOpening(summing: [scenario.stranger])
        let attempt = Attempt(scenario.login, samples: [scenario.stranger], template: own)
        let envelope = try attempt.prove(on: Mutant(labels: labels)).envelope
        return (envelope, try decode(own.commitment) - decode(scenario.template.commitment))
    }

    private static func lastColumnLevel(_ shape: MatchShape) -> Int { shape.lookup.trees[0].height - 1 }

    private static func decode(_ point: CompressedRistretto?) throws -> RistrettoPoint {
        guard let decoded = point?.decompress() else { throw WireError.invalidPoint(field: .commitment) }
        return decoded
    }
}
