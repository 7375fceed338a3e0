import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// Every kind of witness value, corrupted, is refused, and the constraint that refuses it has a name.
@Suite struct CorruptorTests {
    @Test(arguments: Corruptor.all)
    func isNamedAndRefused(corruptor: Corruptor) throws {
        let (envelope, violated) = try corruptor.attempt(try Scenario()).prove()
        #expect(violated == corruptor.families)
        #expect(try Mutant.none.accepts(envelope) == corruptor.families.isEmpty)
    }

    /// Junk beyond the embedding's d columns, where no other claim looks.
    @Test(arguments: [100, 129])
    func junkInTheTail(dimension: Int) throws {
        let scenario = try Scenario(dimension: dimension)
        for value in [Scalar.one, -Scalar.one, Scalar(77)] {
            var attempt = scenario.attempt
            attempt.changeVector(0) { $0[dimension] = value }
            let (envelope, violated) = try attempt.prove()
            #expect(violated == [.lookupRoot])
            #expect(try !Mutant.none.accepts(envelope))
        }
    }

    /// Field elements that are no small integers, among them halves, whose squares times 2^16 are integers again.
    @Test func entriesThatAreNoIntegers() throws {
        let scenario = try Scenario()
        let half = Scalar.two.inverse()
        for value in [half, -half, half.squared(), Scalar(1 << 63), -Scalar(1 << 63)] {
            var attempt = scenario.attempt
            attempt.changeVector(0) { $0[3] = value }
            let (envelope, violated) = try attempt.prove()
            #expect(violated.contains(.lookupRoot))
            #expect(try !Mutant.none.accepts(envelope))
        }
    }

    /// An entry of the tail that the table knows is refused by its id, not by its value.
    @Test func tailIsLookedUpUnderItsOwnId() throws {
        let scenario = try Scenario(dimension: 100)
        var attempt = scenario.attempt
        attempt.changeVector(0) { $0[100] = Scalar(5) }
        attempt.witness.multiplicities[5 + MatchBounds.entryBound] += .one
        attempt.witness.multiplicities[LookupTable.unusedIndex] -= .one
        let (envelope, violated) = try attempt.prove()
        #expect(violated == [.lookupRoot])
        #expect(try !Mutant.none.accepts(envelope))
    }

    /// l - 1 is -1: not a corruption, the same field element.
    @Test func minusOneIsInRange() throws {
        let scenario = try Scenario()
        var values = scenario.sample.values
        values[0] = -1
        let opening = try EmbeddingOpening(committing: values)
        let attempt = Attempt(scenario.login, samples: [opening], template: scenario.template)
        let largest = try #require(Scalar(canonicalBytes: (-Scalar.one).bytes))
        #expect(attempt.witness.vectors[0][0] == largest)
        #expect(try Mutant.none.accepts(try attempt.prove().envelope))
    }

    /// The boundary of the norm itself is inside.
    @Test func normAtTheMinimum() throws {
        let scenario = try Scenario()
        let norm = Scenario.dot(scenario.sample.values, scenario.sample.values)
        let login = try scenario.fixture.challenge(
            .authenticate,
            template: scenario.template.commitment,
            minimumNorm: UInt32(norm)
        )
        let (envelope, violated) = try Attempt(login, samples: [scenario.sample], template: scenario.template).prove()
        #expect(violated.isEmpty)
        #expect(try Mutant.none.accepts(envelope))
    }

    /// S = 0 is refused and S = 1 accepted, at a threshold that both meet.
    @Test(arguments: [0, 1])
    func innerProductAtTheMinimum(inner: Int) throws {
        let fixture = Fixture(dimension: 8)
        let sample = try EmbeddingOpening(committing: [5, 7, 2, 1, 1, 0, 0, 0])
        let template = try TemplateOpening(
            values: inner == 1 ? [3, -2, 0, 0, 0, 0, 0, 0] : [7, -5, 0, 0, 0, 0, 0, 0],
            blinder: Scalar(9)
        )
        #expect(Scenario.dot(sample.values, template.values) == inner)
        let login = try fixture.challenge(.authenticate, template: template.commitment, threshold: 1, minimumNorm: 80)
        let (envelope, violated) = try Attempt(login, samples: [sample], template: template).prove()
        #expect(violated == (inner == 1 ? [] : [.rangeInnerProduct, .rangeThreshold]))
        #expect(try Mutant.none.accepts(envelope) == (inner == 1))
    }

    /// The threshold to the last unit: `2^16 S^2 = num N N'` is a match, one more is not.
    @Test func thresholdToTheUnit() throws {
        let fixture = Fixture(dimension: 8)
        // S^2 / (N N') = 1/2 exactly: cos = 1/sqrt(2).
        let sample = try EmbeddingOpening(committing: [10, 0, 0, 0, 0, 0, 0, 0])
        let template = try TemplateOpening(values: [10, 10, 0, 0, 0, 0, 0, 0], blinder: Scalar(9))
        for (threshold, isMatch) in [(UInt16(32768), true), (32769, false)] {
            let login = try fixture.challenge(
                .authenticate,
                template: template.commitment,
                threshold: threshold,
                minimumNorm: 100
            )
            let (envelope, violated) = try Attempt(login, samples: [sample], template: template).prove()
            #expect(violated == (isMatch ? [] : [.rangeThreshold]))
            #expect(try Mutant.none.accepts(envelope) == isMatch)
        }
    }

    /// Every pad copy and every bit, one at a time, breaks the constraint that is there for it.
    @Test(arguments: [Role.authenticate, .refresh])
    func everyCopyAndEveryBit(role: Role) throws {
        var scenario = try Scenario(role: role, samples: role == .refresh ? 2 : 1)
        var samples = [scenario.sample]
        if role == .refresh { samples.append(try scenario.anotherSample()) }
        var attempt = Attempt(scenario.login, samples: samples, template: scenario.template)
        let shape = attempt.shape
        var ranges: [(ConstraintFamily, [GateAllocator.Product])] = shape.normBits.map { (.rangeNorm, $0) }
        for pair in shape.pairWires {
            ranges.append((.rangeInnerProduct, pair.innerProductBits))
            ranges.append((.rangeThreshold, pair.thresholdBits))
        }
        var unnamed = 0
        attempt.lies.inspection = { constraints, wires in
            for (_, copy) in shape.copies {
                var changed = wires
                changed[copy] += .one
                changed.multiplyGates()
                if !constraints.violated(by: changed).contains(.padCopy) { unnamed += 1 }
            }
            for (family, gates) in ranges {
                for gate in gates {
                    var flipped = wires
                    flipped[gate.left] = wires[gate.right]
                    flipped[gate.right] = wires[gate.left]
                    if constraints.violated(by: flipped) != [family] { unnamed += 1 }
                }
            }
        }
        #expect(try attempt.prove().violated.isEmpty)
        #expect(unnamed == 0)
    }

    /// Two rows that are wrong by opposite amounts: the batch of claims weighs them differently.
    @Test func errorsOfTwoRowsDoNotCancel() throws {
        var scenario = try Scenario(role: .enrol, samples: 2)
        let other = try scenario.anotherSample()
        var attempt = Attempt(scenario.login, samples: [scenario.sample, other], template: nil)
        var rows = attempt.witness.vectors
        rows[0][0] += .one
        rows[1][0] -= .one
        let committed = rows
        let generators = RowGenerators.forWidth(attempt.shape.columnCount)
        attempt.rows = zip(committed, attempt.witness.blinders).map {
            generators.commit($0, blinder: $1).compress()
        }
        attempt.lies.matrix = { $0.rows.replaceSubrange(0..<2, with: committed) }
        let (envelope, violated) = try attempt.prove()
        #expect(violated == [.opening])
        #expect(try !Mutant.none.accepts(envelope))
    }

    /// With a template that is not the recorded one all constraints hold; the group equation of the opening does not.
    @Test func anotherTemplate() throws {
        let scenario = try Scenario()
        var changed = scenario.template.values
        changed[0] += 1
        let others = [
            try TemplateOpening(values: changed, blinder: scenario.template.blinder),
            try TemplateOpening(values: scenario.template.values, blinder: scenario.template.blinder + .one),
            try TemplateOpening(summing: [scenario.stranger]),
        ]
        for (index, other) in others.enumerated() {
            let sample = index == 2 ? scenario.stranger : scenario.sample
            let (envelope, violated) = try Attempt(scenario.login, samples: [sample], template: other).prove()
            #expect(violated.isEmpty)
            let equations = try MatchVerifier.equations(envelope)
            #expect(!equations.argument.opening.holds)
            #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(envelope.encode()) }
        }
    }
}
