import Ristretto255
import Testing

@testable import Commitments

/// The constant-time ways to commit give the commitment of the definition: openings and proofs must agree on it.
@Suite struct RowCommitmentTests {
    @Test(arguments: [8, 127, 128, 129, 512])
    func waysToCommitAgree(dimension: Int) throws {
        let edges: [Int16] = [635, -635, 0, 1, -1, 127, -127, 128, 512, -512, 16, -16, 31, 32]
        let values = (0..<dimension).map { edges[($0 * 5) % edges.count] }
        let blinder = -Scalar(0x0123_4567_89ab_cdef)
        let width = max(128, 1 << ceilLog2(dimension))
        let generators = RowGenerators.forWidth(width)
        #expect(generators.columns.count == width)
        let scalars = values.map { Scalar(signed: Int($0)) }
        var sum = blinder * generators.blinding
        for (scalar, base) in zip(scalars, generators.columns) { sum = sum + scalar * base }
        #expect(RowCommitment.commit(values, blinder: blinder) == sum.compress())
        #expect(generators.commit(scalars, blinder: blinder) == sum)
        #expect(generators.blind(blinder) == blinder * generators.blinding)
        // A wider matrix knows the same row.
        if dimension <= 128 {
            #expect(RowGenerators.forWidth(512).commit(scalars, blinder: blinder) == sum)
        }
    }

    @Test func basesAreAllDifferent() {
        let generators = RowGenerators.forWidth(512)
        let bases = generators.columns + [generators.blinding, generators.innerProduct, .generator, .identity]
        #expect(Set(bases.map { $0.compress() }).count == bases.count)
    }

    /// Entries that the tables do not reach are errors, not traps.
    @Test(arguments: [Int16.min, -636, -128, 128, 636, .max])
    func entriesOutOfRange(entry: Int16) {
        var values = [Int16](repeating: 60, count: 128)
        values[77] = entry
        #expect(throws: WireError.outOfRange(field: .values)) { try EmbeddingOpening(committing: values) }
        if abs(Int(entry)) > 635 {
            #expect(throws: WireError.outOfRange(field: .values)) {
                try TemplateOpening(values: values, blinder: .one)
            }
        }
        let encoded = RowCommitment.encode(values.map(Int.init), blinder: .one)
        #expect(throws: WireError.outOfRange(field: .values)) { try EmbeddingOpening(decoding: encoded) }
    }
}
