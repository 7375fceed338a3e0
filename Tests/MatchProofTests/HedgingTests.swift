import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof

/// A generator that repeats itself, as after a snapshot of a virtual machine.
private struct FrozenRandom: RandomNumberGenerator {
    func next() -> UInt64 { 0x0123_4567_89ab_cdef }
}

/// With a frozen system generator no pad, blinder or mask is used for two different things (attacks.md F15).
@Suite struct HedgingTests {
    private struct Run {
        var wires: WireAssignment?
        var matrix: CommittedMatrix?
        var envelope: ProofEnvelope
    }

    private func run(_ attempt: Attempt) throws -> Run {
        var attempt = attempt
        attempt.lies.system = FrozenRandom()
        var wires: WireAssignment?
        var matrix: CommittedMatrix?
        attempt.lies.wires = { wires = $0 }
        attempt.lies.matrix = { matrix = $0 }
        let envelope = try attempt.prove().envelope
        return Run(wires: wires, matrix: matrix, envelope: envelope)
    }

    private func pads(_ run: Run, _ shape: MatchShape) throws -> [[UInt8]] {
        let wires = try #require(run.wires)
        let copies = Set(shape.copies.map(\.copy))
        return (0..<shape.firstValueGate).flatMap { [Wire.left($0), .right($0)] }
            .filter { !copies.contains($0) }
            .map { wires[$0].bytes }
    }

    private func expectNothingShared(_ first: Run, _ second: Run, _ shape: MatchShape) throws {
        let firstPads = try pads(first, shape)
        #expect(Set(firstPads).count == firstPads.count)
        #expect(Set(firstPads).isDisjoint(with: try pads(second, shape)))
        // The rows' blinders are the openings' own; those of the multiplicities are fresh.
        let blinders = try [first, second].map { run in
            try #require(run.matrix).blinders.suffix(shape.multiplicityRowCount).map(\.bytes)
        }
        #expect(Set(blinders[0]).isDisjoint(with: blinders[1]))
        let elements = [first, second].map { run in
            let layout = EnvelopeLayout(run.envelope)
            return layout.elements.filter { $0.name != "embedding row" }.map(layout.element)
        }
        #expect(Set(elements[0]).isDisjoint(with: elements[1]))
    }

    @Test func twoChallenges() throws {
        let scenario = try Scenario()
        let other = try scenario.fixture.challenge(.authenticate, template: scenario.template.commitment)
        let first = try run(scenario.attempt)
        let second = try run(Attempt(other, samples: [scenario.sample], template: scenario.template))
        try expectNothingShared(first, second, scenario.attempt.shape)
    }

    @Test func twoSamples() throws {
        var scenario = try Scenario()
        let other = try scenario.anotherSample()
        let first = try run(scenario.attempt)
        let second = try run(Attempt(scenario.login, samples: [other], template: scenario.template))
        try expectNothingShared(first, second, scenario.attempt.shape)
    }

    /// Only a blinder differs.
    @Test func twoBlinders() throws {
        let scenario = try Scenario()
        let other = try EmbeddingOpening(
            values: scenario.sample.values,
            blinder: scenario.sample.blinder + .one
        )
        let first = try run(scenario.attempt)
        let second = try run(Attempt(scenario.login, samples: [other], template: scenario.template))
        try expectNothingShared(first, second, scenario.attempt.shape)
    }

    /// Everything alike: the prover repeats its proof to the byte, which tells nothing new.
    @Test func sameEverything() throws {
        let scenario = try Scenario()
        #expect(try run(scenario.attempt).envelope.encode() == run(scenario.attempt).envelope.encode())
    }

    /// The blinder of a fresh row depends on the row, the shift of a re-blinding on template and challenge.
    @Test func earlySecrets() throws {
        var frozen = FrozenRandom()
        let scenario = try Scenario(role: .reblind)
        var changed = scenario.sample.values
        changed[0] ^= 1
        let blinder = HedgedRandomness.rowBlinder(of: scenario.sample.values, using: &frozen)
        #expect(blinder != HedgedRandomness.rowBlinder(of: changed, using: &frozen))
        #expect(blinder == HedgedRandomness.rowBlinder(of: scenario.sample.values, using: &frozen))

        let other = try scenario.fixture.challenge(.reblind, template: scenario.template.commitment)
        let template = try scenario.template.reblinded(by: .one)
        let shift = HedgedRandomness.reblindingShift(of: scenario.template, challenge: scenario.login, using: &frozen)
        #expect(
            shift != HedgedRandomness.reblindingShift(of: scenario.template, challenge: other, using: &frozen)
        )
        #expect(shift != HedgedRandomness.reblindingShift(of: template, challenge: scenario.login, using: &frozen))
    }
}
