import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// What a proof shows of its witness: nothing that these statistics see. `SimulatorTests` has the argument.
@Suite struct ZeroKnowledgeTests {
    /// Every 32-byte element of a proof but the row commitments, which are statement.
    private func elements(_ envelope: ProofEnvelope) -> [[UInt8]] {
        let layout = EnvelopeLayout(envelope)
        return layout.elements.filter { $0.name != "embedding row" }.map(layout.element)
    }

    @Test(arguments: [Role.authenticate, .reblind, .refresh])
    func twoProofsOfOneWitnessShareNothing(role: Role) throws {
        let attempt = try Scenario(role: role).attempt
        var proofs: [ProofEnvelope] = []
        for index in 0..<2 {
            var copy = attempt
            copy.shift = attempt.shift.map { $0 + Scalar(UInt64(index)) }
            proofs.append(try copy.prove().envelope)
        }
        let first = elements(proofs[0])
        let second = elements(proofs[1])
        #expect(Set(first).count == first.count)
        #expect(Set(first).isDisjoint(with: second))
        #expect(proofs[0].embeddingRows == proofs[1].embeddingRows)
    }

    /// The masked scalars' bytes are uniform, whatever the embedding. The top byte of a scalar below 2^252 is not.
    @Test func maskedScalarsAreUniform() throws {
        var counts = [Int](repeating: 0, count: 256)
        var total = 0
        for seed in 0..<6 {
            // Six proofs of very regular embeddings.
            let fixture = Fixture(seed: UInt64(seed))
            let flat = [Int16](repeating: 127, count: 128)
            let template = try TemplateOpening(summing: [try EmbeddingOpening(committing: flat)])
            let login = try fixture.challenge(.authenticate, template: template.commitment)
            let sample = try EmbeddingOpening(committing: flat)
            let proof = try Attempt(login, samples: [sample], template: template).prove().envelope
            for scalar in proof.body.maskedScalars + proof.body.opening.vector {
                for byte in scalar.bytes.prefix(31) {
                    counts[Int(byte)] += 1
                    total += 1
                }
            }
        }
        let expected = Double(total) / 256
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 255 degrees of freedom: mean 255, standard deviation 22.6. Six of them each way.
        #expect(statistic > 120 && statistic < 390)
    }

    /// No scalar on the wire equals a value of the witness, of the wires, of a tree, or an unmasked message.
    @Test(arguments: [Role.authenticate, .reblind])
    func nothingTravelsUnmasked(role: Role) throws {
        var attempt = try Scenario(role: role).attempt
        var secrets: Set<[UInt8]> = []
        func add(_ values: some Sequence<Scalar>) {
            for value in values {
                secrets.insert(value.bytes)
                secrets.insert((-value).bytes)
            }
        }
        let witness = attempt.witness
        add(witness.vectors.joined())
        add(witness.blinders + witness.multiplicities + witness.innerProducts + witness.norms)
        add([attempt.shift ?? .one])
        attempt.lies.trees = { trees, _, _ in
            for case let tree as FractionTree in trees {
                for level in tree.numerators + tree.denominators { add(level) }
            }
        }
        var messages: [Scalar] = []
        attempt.lies.messages = { channel, _, wires in
            add(wires.left + wires.right + wires.output)
            messages = channel.sent
        }
        let pads = try MessageMap(of: MatchStatement(attempt.challenge)).pads
        attempt.lies.inspection = { _, wires in
            // The message itself: sent + pad.
            add(zip(messages, pads).map { $0 + wires[$1] })
        }
        let envelope = try attempt.prove().envelope
        #expect(pads.count == envelope.body.maskedScalars.count)
        #expect(Set(pads).count == pads.count, "a pad masks two messages")
        let layout = EnvelopeLayout(envelope)
        for element in layout.elements where element.kind == .scalar {
            #expect(!secrets.contains(layout.element(element)), "\(element.name)")
        }
        #expect(secrets.count > 2000)
    }

    /// Every pad masks one message only, in every shape.
    @Test func everyPadIsUsedOnce() throws {
        for (role, samples) in [(Role.enrol, 1), (.enrol, 5), (.authenticate, 1), (.refresh, 4)] {
            for dimension in [8, 128, 512] {
                let scenario = try Scenario(dimension: dimension, role: role, samples: samples)
                let shape = MatchShape(scenario.login.challenge)
                let pads = try MessageMap(of: MatchStatement(scenario.login)).pads
                #expect(pads.count == shape.maskedScalarCount)
                #expect(Set(pads).count == pads.count)
                #expect(pads.allSatisfy { $0.gate < shape.firstValueGate && $0.side < 2 })
                // The mask vector's pad masks s and nothing else; copies mask nothing of their own.
                #expect(!pads.contains(shape.opening.mask))
                #expect(Set(pads).isDisjoint(with: shape.copies.map(\.copy)))
            }
        }
    }
}
