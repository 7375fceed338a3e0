import Models
import NetworkProof
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// Envelopes at `head` and `full`, end to end.
@Suite struct FullEnvelopeTests {
    @Test(arguments: [Assurance.head, .full], [Role.enrol, .authenticate, .reblind, .refresh])
    func everyRole(assurance: Assurance, role: Role) throws {
        let scenario = try FullScenario(assurance, role: role, samples: role == .enrol || role == .refresh ? 2 : 1)
        let verified = try scenario.verify(try scenario.prove())
        #expect(verified.verdict == .biometric)
        #expect((verified.newTemplate != nil) == (role != .authenticate))
        let unsigned = try FullScenario(
            assurance,
            role: role,
            samples: role == .enrol || role == .refresh ? 2 : 1,
            isAttested: false
        )
        #expect(try unsigned.verify(try unsigned.prove()).verdict == .possession)
    }

    private func refuses(_ scenario: FullScenario, _ failure: VerificationFailure, _ envelope: ProofEnvelope) {
        #expect(throws: failure) { try scenario.verify(envelope) }
    }

    /// The match proof is bound to the network proofs: another valid one, swapped ones, one from elsewhere.
    @Test func otherNetworkProofs() throws {
        let scenario = try FullScenario(.full, role: .enrol, samples: 2)
        let honest = try scenario.prove()
        var changed = honest
        changed.networkProofs = try scenario.networkProofs()
        refuses(scenario, .equation, changed)
        changed.networkProofs = honest.networkProofs.reversed()
        refuses(scenario, .attestation(sample: 0), changed)
        // Without signatures in the way.
        let unsigned = try FullScenario(.full, role: .enrol, samples: 2, isAttested: false)
        changed = try unsigned.prove()
        changed.networkProofs.swapAt(0, 1)
        refuses(unsigned, .equation, changed)
        changed.networkProofs[1] = changed.networkProofs[0]
        refuses(unsigned, .repeatedSample, changed)
    }

    /// Network proofs made under another context, with a match proof that absorbs them.
    @Test func networkProofsOfAnotherContext() throws {
        let scenario = try FullScenario(.full)
        let other = try FullScenario(.full, fixture: scenario.fixture)
        let changes: [(inout NetworkContext) -> Void] = [
            { $0.challenge = other.challenge.bytes }, { $0.sample = 1 }, { $0.attestation = [] },
            { $0.attestation[0] ^= 1 }, { $0.model[0] ^= 1 }, { $0.start = 1 },
        ]
        for change in changes {
            var attempt = try scenario.attempt
            attempt.networkProofs = try scenario.networkProofs(change: change)
            refuses(scenario, .equation, try attempt.prove().envelope)
        }
        refuses(
            scenario,
            .equation,
            {
                var envelope = $0
                envelope.body.embeddingRows = other.samples.map(\.opening.commitment)
                return envelope
            }(try scenario.prove())
        )
        #expect(try Mutant.none.accepts(try scenario.attempt.prove().envelope))
    }

    /// Each E_i belongs to its own network proof, even where two samples' rows commit to one embedding.
    @Test func embeddingRowsExchanged() throws {
        let scenario = try FullScenario(.full, role: .enrol, samples: 2, isAttested: false)
        var attempt = try scenario.attempt
        attempt.rows.swapAt(0, 1)
        attempt.witness.blinders.swapAt(0, 1)
        refuses(scenario, .equation, try attempt.prove().envelope)
    }

    /// A proof of the network's head where the whole is asked for, and the reverse.
    @Test func otherAssurance() throws {
        for (asked, made) in [(Assurance.full, Assurance.head), (.head, .full)] {
            let scenario = try FullScenario(asked)
            let other = try FullScenario(made, fixture: scenario.fixture)
            var attempt = try scenario.attempt
            attempt.networkProofs = try other.networkProofs {
                $0.challenge = scenario.challenge.bytes
                $0.start = scenario.start
            }
            let envelope = try attempt.prove().envelope
            // Its lengths are others.
            #expect(throws: (any Error).self) { try scenario.verify(envelope) }
            #expect(throws: VerificationFailure.network(sample: 0, .interaction(.wrongLength))) {
                _ = try MatchVerifier.equations(envelope)
            }
            // The very envelope under the other challenge.
            let whole = try other.prove()
            let moved = ProofEnvelope(
                challenge: scenario.challenge,
                attestations: whole.attestations,
                model: whole.model,
                networkProofs: whole.networkProofs,
                body: whole.body
            )
            #expect(throws: (any Error).self) { try scenario.verify(moved) }
        }
    }

    /// A match proof alone, and a network proof where none is asked for.
    @Test func missingAndSurplusNetworkProofs() throws {
        let scenario = try FullScenario(.full)
        var envelope = try scenario.prove()
        envelope.networkProofs = []
        #expect(throws: WireError.self) { try scenario.decode(envelope.encode()) }
        #expect(throws: VerificationFailure.model) { _ = try MatchVerifier.equations(envelope) }
        let unknowing = ProofEnvelope(
            challenge: envelope.challenge,
            attestations: envelope.attestations,
            networkProofs: envelope.networkProofs,
            body: envelope.body
        )
        #expect(throws: VerificationFailure.model) { _ = try MatchVerifier.equations(unknowing) }
        let match = try Scenario()
        var surplus = try match.attempt.prove().envelope
        surplus.networkProofs = try scenario.networkProofs()
        #expect(throws: (any Error).self) { try ProofEnvelope(decoding: surplus.encode()) }
    }

    /// The verifier's registry decides which model it is.
    @Test func otherModels() throws {
        let scenario = try FullScenario(.full)
        let bytes = try scenario.prove().encode()
        #expect(throws: WireError.unknownValue(field: .model)) { try ProofEnvelope(decoding: bytes) { _ in nil } }
        var network = FullScenario.network
        network.description.headStart = 0
        let cut = FullScenario.makeModel(network)
        network = FullScenario.network
        network.parameters.weights[0][0][0] += 1
        let others = [
            FullScenario.makeModel(FullScenario.network, name: "other"), FullScenario.makeModel(network), cut,
            FullScenario.makeModel(FullScenario.network, modality: "face"),
        ]
        for other in others {
            let published = try #require(other?.published)
            #expect(published.identity != scenario.model.published.identity)
            #expect(throws: WireError.outOfRange(field: .model)) {
                try ProofEnvelope(decoding: bytes) { _ in published }
            }
        }
        // A challenge that calls a network's embedding what it is not.
        for modify: (inout Challenge) -> Void in [{ $0.modality = .face }, { $0.dimension = 8 }] {
            let login = try scenario.fixture.challenge(.authenticate, template: scenario.template.commitment) {
                $0.assurance = .full
                $0.model = scenario.model.published.identity
                modify(&$0)
            }
            #expect(throws: ProverError.self) {
                try MatchProver().prove(
                    login,
                    samples: scenario.samples,
                    template: scenario.template,
                    model: scenario.model
                )
            }
        }
        // No head where the network cannot be cut.
        let head = try FullScenario(.head)
        #expect(throws: ProverError.wrongModel) {
            try MatchProver().prove(head.challenge, samples: head.samples, template: head.template, model: cut)
        }
    }

    /// What a sensor signed for one assurance, shape, challenge or list of rows serves no other.
    @Test(arguments: [Assurance.head, .full])
    func attestations(assurance: Assurance) throws {
        let scenario = try FullScenario(assurance)
        let sample = scenario.samples[0]
        let rows = try #require(sample.network).start.commitments
        let right = FullScenario.network.description.shape(ofBlock: scenario.start)
        func challenge(_ assurance: Assurance) throws -> SignedChallenge {
            var changed = scenario.challenge.challenge
            changed.assurance = assurance
            return SignedChallenge(signing: changed, with: scenario.fixture.verifier)
        }
        var wrong: [SensorAttestation] = []
        for other in [Assurance.match, .head, .full] where other != assurance {
            // Signed for this very challenge but for its assurance.
            wrong.append(scenario.attest(rows, challenge: try challenge(other)))
            wrong.append(scenario.attest([sample.opening.commitment], challenge: try challenge(other)))
        }
        // As at `match`: the embedding's row, its shape.
        wrong.append(
            scenario.attest([sample.opening.commitment], shape: TensorShape(channels: 1, height: 1, width: 9))
        )
        wrong.append(scenario.attest([sample.opening.commitment]))
        wrong.append(scenario.attest(rows + [sample.opening.commitment]))
        wrong.append(scenario.attest(Array(rows.dropLast())))
        wrong.append(scenario.attest(rows + rows))
        wrong.append(scenario.attest(try #require(try scenario.sample().network).start.commitments))
        for shape in [
            TensorShape(channels: right.channels, height: right.width, width: right.height),
            TensorShape(channels: right.channels + 1, height: right.height, width: right.width),
            TensorShape(channels: right.channels, height: right.height * right.width, width: 1),
        ] {
            wrong.append(scenario.attest(rows, shape: shape))
        }
        for attestation in wrong {
            // With a proof that absorbed it: nothing but the signature's content is wrong.
            var changed = scenario
            changed.samples = [
                CommittedSample(opening: sample.opening, attestation: attestation, network: sample.network)
            ]
            refuses(scenario, .attestation(sample: 0), try changed.prove())
        }
        // And a good one from another time, which only the transcripts tell.
        var envelope = try scenario.prove()
        envelope = ProofEnvelope(
            challenge: envelope.challenge,
            attestations: [
                SensorAttestation.sign(
                    challenge: scenario.challenge,
                    time: 1_700_000_050,
                    shape: right,
                    rows: rows,
                    with: scenario.fixture.sensor
                )
            ],
            model: envelope.model,
            networkProofs: envelope.networkProofs,
            body: envelope.body
        )
        refuses(scenario, .equation, envelope)
    }

    /// One capture twice: the rows E_i differ, the start rows do not.
    @Test func repeatedStartRows() throws {
        for isAttested in [true, false] {
            var scenario = try FullScenario(.full, role: .enrol, samples: 2, isAttested: isAttested)
            let start = try #require(scenario.samples[0].network).start
            scenario.samples[1] = try scenario.sample(isAttested: isAttested, start: start)
            #expect(scenario.samples[0].opening.commitment != scenario.samples[1].opening.commitment)
            refuses(scenario, .repeatedSample, try scenario.prove())
        }
    }

    /// The prover refuses evidence that is not of its sample.
    @Test func proverRefusesOtherEvidence() throws {
        let scenario = try FullScenario(.full)
        let other = try FullScenario(.full, seed: 4, fixture: scenario.fixture)
        let head = try FullScenario(.head, fixture: scenario.fixture)
        let evidence = try #require(scenario.samples[0].network)
        let strange = try #require(other.samples[0].network)
        for wrong in [
            nil, strange, NetworkEvidence(start: strange.start, trace: evidence.trace),
            NetworkEvidence(start: evidence.start, trace: strange.trace), head.samples[0].network,
            NetworkEvidence(start: evidence.start, trace: NetworkTraceValues(blocks: [], accumulators: [])),
        ] {
            let sample = CommittedSample(
                opening: scenario.samples[0].opening,
                attestation: scenario.samples[0].attestation,
                network: wrong
            )
            #expect(throws: ProverError.wrongModel) {
                try MatchProver().prove(
                    scenario.challenge,
                    samples: [sample],
                    template: scenario.template,
                    model: scenario.model
                )
            }
        }
    }
}
