import Multilinear
import Ristretto255
import Sodium
import Testing

@testable import NetworkProof
@testable import ProofTestSupport

/// What a network proof shows of its witness: nothing that these statistics see. `NetworkSimulatorTests` has the argument.
@Suite struct NetworkZeroKnowledgeTests {
    /// Every element but the start rows, which are statement.
    private func elements(_ body: NetworkProofBody) -> [[UInt8]] {
        let places = NetworkElements(body)
        let scalars = places.scalars.map { body[keyPath: $0.path].bytes }
        let points = places.points.filter { !$0.name.hasPrefix("start row") }.map { body[keyPath: $0.path].bytes }
        func chunks(_ bytes: [UInt8]) -> [[UInt8]] {
            stride(from: 0, to: bytes.count, by: 32).map { Array(bytes[$0..<$0 + 32]) }
        }
        return scalars + points + chunks(body.closingCommitments.encode()) + chunks(body.closing.encode())
    }

    @Test(arguments: [(TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.small, 0)])
    func twoProofsOfOneWitnessShareNothing(network: RandomNetwork, start: Int) throws {
        let bench = try Bench(network, start: start)
        let (first, second) = (elements(try bench.prove()), elements(try bench.prove()))
        #expect(Set(first).count == first.count)
        #expect(Set(first).isDisjoint(with: second))
    }

    /// Under a generator that stands still other pads come of another challenge, another sample, another start block,
    /// other blinders: nothing is masked twice alike.
    @Test func frozenGenerator() throws {
        var lies = NetworkLies()
        lies.system = Frozen()
        let bench = try Bench(TestNetworks.small)
        var benches = [bench]
        for change: (inout NetworkContext) -> Void in [
            { $0.challenge = Array("another".utf8) }, { $0.sample = 1 }, { $0.attestation = [1] }, { $0.model[0] ^= 1 },
        ] {
            var other = bench
            change(&other.context)
            benches.append(other)
        }
        var blinded = bench
        blinded.input.embeddingBlinder += .one
        benches.append(blinded)
        benches.append(try Bench(TestNetworks.small))  // Same block, other start blinders.
        benches.append(try Bench(TestNetworks.small, seed: 8))
        var seen: Set<[UInt8]> = []
        var wires: [Set<[UInt8]>] = []
        for bench in benches {
            lies.inspection = { _, assignment in
                wires.append(Set((assignment.left + assignment.right).map(\.bytes)))
            }
            let proof = elements(try lies.prove(bench.statement, bench.input))
            #expect(seen.isDisjoint(with: proof))
            seen.formUnion(proof)
        }
        for (index, pads) in wires.enumerated() {
            for other in wires[..<index] { #expect(pads.isDisjoint(with: other)) }
        }
        // The same statement, witness and state: the same proof, and nothing else of it.
        #expect(elements(try bench.prove(using: Frozen())) == elements(try bench.prove(using: Frozen())))
    }

    /// No scalar on the wire is a value of the witness, of the wires, of a tree, or a message without its mask.
    @Test(arguments: [(TestNetworks.small, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0)])
    func nothingTravelsUnmasked(network: RandomNetwork, start: Int) throws {
        var attempt = try NetworkAttempt(network, start: start)
        var secrets: Set<[UInt8]> = []
        func add(_ values: some Sequence<Scalar>) {
            for value in values {
                secrets.insert(value.bytes)
                secrets.insert((-value).bytes)
            }
        }
        add((-(1 << 12)..<(1 << 12)).map { Scalar(signed: $0) })
        add(attempt.startBlinders + [attempt.embeddingBlinder])
        attempt.lies.matrix = { add($0.blinders) }
        attempt.lies.trees = { trees, _, _ in
            for case let tree as FractionTree in trees {
                for level in tree.numerators + tree.denominators { add(level) }
            }
        }
        var messages: [Scalar] = []
        attempt.lies.messages = { channel, _, wires in
            // Not their negatives: a message that happens to be zero travels as the negative of its pad.
            secrets.formUnion((wires.left + wires.right + wires.output).map(\.bytes))
            messages = channel.sent
        }
        let map = try MessageMap(of: NetworkStatement(attempt.shape))
        attempt.lies.inspection = { _, wires in add(zip(messages, map.pads).map { $0 + wires[$1] }) }
        let body = try attempt.prove().proof.body
        #expect(map.pads.count == body.maskedScalars.count)
        for place in NetworkElements(body).scalars {
            #expect(!secrets.contains(body[keyPath: place.path].bytes), "\(place.name)")
        }
    }

    /// Every pad masks one message only, and no copy masks one of its own.
    @Test(arguments: [
        (TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0), (TestNetworks.dense, 1),
        (TestNetworks.wide, 0), (TestNetworks.small, 0), (TestNetworks.small, 3),
    ])
    func everyPadIsUsedOnce(network: RandomNetwork, start: Int) throws {
        let shape = NetworkShape(network.description, start: start)
        let pads = try MessageMap(of: NetworkStatement(shape)).pads
        #expect(pads.count == shape.maskedScalarCount)
        #expect(Set(pads).count == pads.count)
        #expect(pads.allSatisfy { $0.gate < shape.gateCount && $0.side < 2 })
        #expect(!pads.contains(shape.opening.mask))
        #expect(Set(pads).isDisjoint(with: shape.copies.map(\.copy)))
    }

    /// No wire is free but the unused half of a gate: a change of any, its gate's output recomputed, violates a
    /// constraint.
    @Test(arguments: [
        (TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0), (TestNetworks.small, 0),
    ])
    func everyWireIsConstrained(network: RandomNetwork, start: Int) throws {
        var attempt = try NetworkAttempt(network, start: start)
        var constraints = ConstraintList()
        var wires = WireAssignment(gateCount: 0)
        attempt.lies.inspection = { (constraints, wires) = ($0, $1) }
        #expect(try attempt.prove().violated.isEmpty)
        var users: [Wire: [Int: Scalar]] = [:]
        for (index, constraint) in constraints.constraints.enumerated() {
            for term in constraint.form.terms {
                users[term.wire, default: [:]][index, default: .zero] += term.coefficient
            }
        }
        let used = Set(try MessageMap(of: NetworkStatement(attempt.shape)).pads + attempt.shape.copies.map(\.copy))
            .union(
                [attempt.shape.opening.mask]
            )
        for gate in 0..<attempt.shape.gateCount {
            for wire in [Wire.left(gate), .right(gate)] {
                let other = wire.side == 0 ? wires[.right(gate)] : wires[.left(gate)]
                var moved = users[wire] ?? [:]
                for (constraint, coefficient) in users[.output(gate)] ?? [:] {
                    moved[constraint, default: .zero] += coefficient * other
                }
                #expect(moved.values.allSatisfy(\.isZero) == !used.contains(wire))
            }
        }
    }

    private struct Frozen: RandomNumberGenerator {
        func next() -> UInt64 { 0x1234_5678_9abc_def0 }
    }
}
