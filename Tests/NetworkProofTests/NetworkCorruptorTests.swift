import Multilinear
import Ristretto255
import Testing

@testable import ProofTestSupport

/// Every kind of a network proof's values, corrupted, is refused, and what refuses it has a name.
@Suite struct NetworkCorruptorTests {
    @Test(arguments: NetworkCorruptor.all)
    func isNamedAndRefused(corruptor: NetworkCorruptor) throws {
        var tried = 0
        for network in [TestNetworks.mixed, TestNetworks.dense, TestNetworks.small] {
            guard let attempt = try corruptor.attempt(network) else { continue }
            tried += 1
            let (proof, violated) = try attempt.prove()
            #expect(violated == corruptor.families)
            let isHarmless = corruptor.name.contains("equal rows")
            let holding = try NetworkMutant.none.holding(proof)
            // The wires' constraints are the closing argument's matter, the rows the opening's.
            #expect(holding.closing == corruptor.families.isEmpty)
            if corruptor.families.isEmpty { #expect(holding.opening == isHarmless) }
            #expect(NetworkMutant.none.accepts(proof) == isHarmless)
        }
        #expect(tried > 0, "no network has anything of this kind")
    }

    /// What an attempt does that corrupts nothing.
    @Test(arguments: [
        (TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0), (TestNetworks.dense, 1),
        (TestNetworks.small, 0), (TestNetworks.small, 3), (TestNetworks.wide, 0),
    ])
    func honestAttempt(network: RandomNetwork, start: Int) throws {
        let (proof, violated) = try NetworkAttempt(network, start: start).prove()
        #expect(violated.isEmpty)
        #expect(NetworkMutant.none.accepts(proof))
    }

    /// Padding of the start block is not proved zero, and needs not be: no layer reads it.
    @Test func startPaddingIsNotRead() throws {
        var attempt = try NetworkAttempt(TestNetworks.mixed)
        let embedding = attempt.blocks[attempt.blocks.count - 1]
        attempt.remainders[attempt.address(0, 0, 12, 3)] = 100
        attempt.remainders[attempt.address(0, 0, 3, 15)] = -100
        attempt.count()
        let (proof, violated) = try attempt.prove()
        #expect(violated.isEmpty)
        #expect(NetworkMutant.none.accepts(proof))
        #expect(attempt.blocks[attempt.blocks.count - 1] == embedding)
        // But it is in range.
        attempt.remainders[attempt.address(0, 0, 12, 3)] = 128
        attempt.count()
        #expect(try attempt.prove().violated == [.lookupRoot])
    }

    /// Each family of constraints is needed: without it a false statement is accepted, with it the same is refused.
    @Test(arguments: ConstraintFamily.allCases)
    func isNeeded(family: ConstraintFamily) throws {
        for network in [TestNetworks.mixed, TestNetworks.dense, TestNetworks.small, TestNetworks.wide] {
            guard let attempt = try FamilyAttacks.attempt(on: family, network: network) else { continue }
            let (proof, violated) = try attempt.prove()
            #expect(violated == [family])
            #expect(!NetworkMutant.none.accepts(proof))
            let careless = NetworkMutant(families: [family])
            #expect(careless.accepts(try attempt.prove(on: careless).proof))
        }
    }

    /// A constraint dropped or listed twice would go unnoticed: their numbers follow from the shape.
    @Test(arguments: [
        (TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0), (TestNetworks.small, 0),
    ])
    func everyConstraintIsListedOnce(network: RandomNetwork, start: Int) throws {
        var attempt = try NetworkAttempt(network, start: start)
        var counts: [ConstraintFamily: Int] = [:]
        attempt.lies.inspection = { list, _ in
            for (family, _) in list.constraints { counts[family, default: 0] += 1 }
        }
        _ = try attempt.prove()
        let shape = attempt.shape
        let expected: [ConstraintFamily: Int] = [
            .padCopy: shape.copies.count, .lookupRoot: 2, .lookupLayer: shape.lookup.trees.map(\.height).max() ?? 0,
            .lookupTable: 2, .layers: 1, .opening: 1,
        ]
        #expect(counts == expected)
        // Two copies for each layer of each tree, but for the columns' last.
        #expect(shape.copies.count == 2 * (shape.lookup.trees.map(\.height).reduce(0, +) - 2))
    }
}
