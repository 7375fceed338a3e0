import Ristretto255
import Testing

@testable import Bulletproofs
@testable import BulletproofsR1CS
@testable import BulletproofsRange

@Suite struct GeneratorTests {
    /// The blinding base of dalek's `PedersenGens::default()`, as other users of the crate publish it.
    @Test func pedersenBases() {
        let pedersen = Shared.pedersen
        #expect(
            hex(pedersen.base.compress().bytes) == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
        )
        #expect(
            hex(pedersen.blindingBase.compress().bytes)
                == "8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134"
        )
    }

    @Test func pedersenCommitmentIsTheLinearCombination() {
        var randomness = SeededGenerator(1)
        let value = Scalar.random(using: &randomness)
        let blinding = Scalar.random(using: &randomness)
        let pedersen = Shared.pedersen
        #expect(
            pedersen.commit(value, blinding: blinding) == value * pedersen.base + blinding * pedersen.blindingBase
        )
        #expect(pedersen.commit(.zero, blinding: .zero) == .identity)
    }

    @Test func smallerCapacityIsAPrefix() {
        let small = BulletproofGenerators(capacity: 8, parties: 2)
        for party in 0..<2 {
            #expect(small.g[party] == Array(Shared.ranges.g[party].prefix(8)))
            #expect(small.h[party] == Array(Shared.ranges.h[party].prefix(8)))
        }
    }

    @Test func generatorsAreDistinct() {
        let all = (Shared.ranges.g + Shared.ranges.h).flatMap { RistrettoPoint.compressBatch($0) }
        #expect(Set(all).count == 2 * 16 * 64)
    }

    @Test func aggregationIsPartyMajor() throws {
        let (g, h) = try Shared.ranges.aggregated(perParty: 8, parties: 2)
        #expect(g == Array(Shared.ranges.g[0].prefix(8) + Shared.ranges.g[1].prefix(8)))
        #expect(h == Array(Shared.ranges.h[0].prefix(8) + Shared.ranges.h[1].prefix(8)))
        #expect(throws: BulletproofError.insufficientGenerators) {
            try Shared.ranges.aggregated(perParty: 65, parties: 1)
        }
        #expect(throws: BulletproofError.insufficientGenerators) {
            try Shared.ranges.aggregated(perParty: 8, parties: 17)
        }
    }

    @Test func selectIsExact() {
        let one = Shared.pedersen.base
        let zero = Shared.pedersen.blindingBase
        #expect(RistrettoPoint.select(bit: 1, one: one, zero: zero) == one)
        #expect(RistrettoPoint.select(bit: 0, one: one, zero: zero) == zero)
    }

    @Test func powersOfTwo() {
        #expect(
            [0, 1, 2, 3, 4, 5, 8, 9, 1023, 1024, 1025].map(nextPowerOfTwo) == [
                1, 1, 2, 4, 4, 8, 8, 16, 1024, 1024, 2048,
            ]
        )
        #expect([-4, 0, 1, 2, 3, 64, 65].map(isPowerOfTwo) == [false, false, true, true, false, true, false])
        #expect([1, 2, 64].map(logarithm) == [0, 1, 6])
    }
}
