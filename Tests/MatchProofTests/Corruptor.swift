import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof

/// One corrupted witness value and the families that must name it.
struct Corruptor: Sendable, CustomTestStringConvertible {
    let name: String
    let families: Set<ConstraintFamily>
    let attempt: @Sendable (Scenario) throws -> Attempt

    var testDescription: String { name }

    init(
        _ name: String,
        _ families: Set<ConstraintFamily>,
        _ attempt: @escaping @Sendable (Scenario) throws -> Attempt
    ) {
        self.name = name
        self.families = families
        self.attempt = attempt
    }

    static let all: [Corruptor] = entries + multiplicities + sums + wires

    private static func entry(_ name: String, at index: Int = 3, _ value: @escaping @Sendable () -> Scalar) -> Corruptor
    {
        Corruptor(name, [.lookupRoot]) { scenario in
            var attempt = scenario.attempt
            attempt.changeVector(0) { $0[index] = value() }
            return attempt
        }
    }

    /// Rows that hold what no embedding may hold.
    private static let entries = [
        entry("entry 128") { Scalar(128) },
        entry("entry -128") { Scalar(signed: -128) },
        entry("last entry 128", at: 127) { Scalar(128) },
    ]

    private static let multiplicities = [
        Corruptor("multiplicity + 1", [.lookupRoot]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.multiplicities[130] += .one
            return attempt
        },
        Corruptor("multiplicity - 1", [.lookupRoot]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.multiplicities[127] -= .one
            return attempt
        },
        Corruptor("multiplicity of the unused row + 1", [.lookupRoot]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.multiplicities[LookupTable.unusedIndex] += .one
            return attempt
        },
        Corruptor("two multiplicities exchanged", [.lookupRoot]) { scenario in
            var attempt = scenario.attempt
            let counts = attempt.witness.multiplicities
            let first = counts.firstIndex { !$0.isZero } ?? 0
            let second = counts.firstIndex { $0 != counts[first] } ?? 0
            attempt.witness.multiplicities.swapAt(first, second)
            return attempt
        },
    ]

    private static let sums = [
        Corruptor("S + 1, bits and margin to match", [.match]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.innerProducts[0] += .one
            return attempt
        },
        Corruptor("N - 1, bits and margin to match", [.match]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.norms[0] -= .one
            return attempt
        },
        Corruptor("template's norm - 1", [.match]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.norms[1] -= .one
            return attempt
        },
        Corruptor("S and N change so that their sum stays", [.match]) { scenario in
            var attempt = scenario.attempt
            attempt.witness.innerProducts[0] += .one
            attempt.witness.norms[0] -= .one
            return attempt
        },
        Corruptor("zero embedding", [.rangeInnerProduct, .rangeNorm]) { scenario in
            var attempt = scenario.attempt
            attempt.changeVector(0) { for index in $0.indices { $0[index] = .zero } }
            attempt.witness.multiplicities = attempt.witness.multiplicities.map { _ in .zero }
            attempt.witness.multiplicities[MatchBounds.entryBound] = Scalar(128)
            return attempt
        },
        Corruptor("zero template", [.rangeInnerProduct]) { scenario in
            let zero = try TemplateOpening(values: Array(repeating: 0, count: 128), blinder: Scalar(77))
            let login = try scenario.fixture.challenge(.authenticate, template: zero.commitment)
            return Attempt(login, samples: [scenario.sample], template: zero)
        },
        Corruptor("N = E_min - 1", [.rangeNorm]) { scenario in
            let norm = Scenario.dot(scenario.sample.values, scenario.sample.values)
            let login = try scenario.fixture.challenge(
                .authenticate,
                template: scenario.template.commitment,
                minimumNorm: UInt32(norm + 1)
            )
            return Attempt(login, samples: [scenario.sample], template: scenario.template)
        },
        Corruptor("another person", [.rangeThreshold]) { $0.strangerAttempt },
        Corruptor("the opposite embedding", [.rangeInnerProduct]) { try FamilyAttack.oppositeEmbedding($0) },
    ]

    private static func changing(
        _ name: String,
        _ families: Set<ConstraintFamily>,
        _ change: @escaping @Sendable (MatchShape, inout WireAssignment) -> Void
    ) -> Corruptor {
        Corruptor(name, families) { scenario in
            var attempt = scenario.attempt
            let shape = attempt.shape
            attempt.lies.wires = { wires in
                change(shape, &wires)
                wires.multiplyGates()
            }
            return attempt
        }
    }

    private static let wires = [
        changing("a bit that is 2", [.bit, .rangeNorm]) { shape, wires in
            let gate = shape.normBits[0][5]
            wires[gate.left] = .two
            wires[gate.right] = -Scalar.one
        },
        changing("a bit and its complement both 1", [.bit, .rangeNorm]) { shape, wires in
            let gate = shape.normBits[0][4]
            wires[gate.left] = .one
            wires[gate.right] = .one
            let other = shape.normBits[0][3]
            wires[other.left] = wires[other.left] + .one
            wires[other.right] = .one - wires[other.left]
        },
        changing("the second factor of S S", [.padCopy, .rangeThreshold]) { shape, wires in
            wires[shape.pairWires[0].innerProductSquared.right] += .one
        },
        changing("the pad of the mask vector", []) { shape, wires in
            // Before anything is sent: an honest run with another pad.
            wires[shape.opening.mask] += .one
        },
    ]
}
