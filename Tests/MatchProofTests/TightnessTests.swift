import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// No wire is free: a change of any one, its gate's output recomputed, violates a constraint (`tight.py`).
@Suite struct TightnessTests {
    struct Shape: Sendable {
        let role: Role
        let samples: Int
        let dimension: Int
    }

    @Test(arguments: [
        Shape(role: .authenticate, samples: 1, dimension: 128), Shape(role: .authenticate, samples: 1, dimension: 512),
        Shape(role: .enrol, samples: 1, dimension: 8), Shape(role: .enrol, samples: 3, dimension: 128),
        Shape(role: .refresh, samples: 2, dimension: 256),
    ])
    func everyWireIsConstrained(shape: Shape) throws {
        var scenario = try Scenario(dimension: shape.dimension, role: shape.role, samples: shape.samples)
        var samples: [EmbeddingOpening] = []
        for _ in 0..<shape.samples { samples.append(try scenario.anotherSample()) }
        let template = shape.role.usesTemplate ? scenario.template : nil
        var attempt = Attempt(scenario.login, samples: samples, template: template)
        var constraints = ConstraintList()
        var wires = WireAssignment(gateCount: 0)
        attempt.lies.inspection = {
            constraints = $0
            wires = $1
        }
        #expect(try attempt.prove().violated.isEmpty)
        #expect(wires.satisfiesGates)

        // Constraint residuals move by (coefficient sum) x (change); all residuals are zero before.
        var coefficients: [[(wire: Wire, coefficient: Scalar)]] = []
        for constraint in constraints.constraints {
            var sums: [Wire: Scalar] = [:]
            for term in constraint.form.terms { sums[term.wire, default: .zero] += term.coefficient }
            coefficients.append(sums.map { ($0.key, $0.value) })
        }
        var users: [Wire: [(constraint: Int, coefficient: Scalar)]] = [:]
        for (index, sums) in coefficients.enumerated() {
            for (wire, coefficient) in sums { users[wire, default: []].append((index, coefficient)) }
        }
        var free: Set<Wire> = []
        for gate in 0..<attempt.shape.gateCount {
            for wire in [Wire.left(gate), .right(gate)] {
                let other = wire.side == 0 ? wires[.right(gate)] : wires[.left(gate)]
                var moved: [Int: Scalar] = [:]
                for (constraint, coefficient) in users[wire] ?? [] { moved[constraint, default: .zero] += coefficient }
                for (constraint, coefficient) in users[.output(gate)] ?? [] {
                    moved[constraint, default: .zero] += coefficient * other
                }
                if moved.values.allSatisfy(\.isZero) { free.insert(wire) }
            }
        }
        #expect(free == unusedHalves(attempt.shape))
    }

    /// The other halves of gates whose only use is one half: the last single pad, and the norm of an enrolment by one
    /// sample, which is compared with nobody's.
    private func unusedHalves(_ shape: MatchShape) -> Set<Wire> {
        var unused: Set<Wire> = []
        let mask = shape.opening.mask
        if mask.side == 0 { unused.insert(.right(mask.gate)) }
        if shape.pairs.isEmpty, let norm = shape.normWires.last, norm.side == 0 { unused.insert(.right(norm.gate)) }
        return unused
    }

    /// Changing any single constraint family's last term would go unnoticed if a pad copy or a bit were listed twice or
    /// not at all: their numbers follow from the shape.
    @Test func everyConstraintIsListedOnce() throws {
        let scenario = try Scenario()
        var attempt = scenario.attempt
        var counts: [ConstraintFamily: Int] = [:]
        attempt.lies.inspection = { list, _ in
            for (family, _) in list.constraints { counts[family, default: 0] += 1 }
        }
        _ = try attempt.prove()
        let shape = attempt.shape
        let bits =
            shape.pairWires.reduce(0) { $0 + $1.innerProductBits.count + $1.thresholdBits.count }
            + shape.normBits.joined().count
        #expect(counts[.bit] == 2 * bits)
        #expect(counts[.padCopy] == shape.copies.count)
        #expect(counts[.lookupRoot] == 1)
        #expect(counts[.lookupLayer] == 8)
        #expect(counts[.lookupTable] == 1)
        #expect(counts[.match] == 1)
        #expect(counts[.rangeInnerProduct] == 1)
        #expect(counts[.rangeNorm] == 1)
        #expect(counts[.rangeThreshold] == 1)
        #expect(counts[.opening] == 1)
    }
}
