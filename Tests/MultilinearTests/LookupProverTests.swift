import Ristretto255
import Testing

@testable import Multilinear

/// The prover of a lookup, which stores a quarter of its trees and adds up what it can without reducing it, against the
/// definition, message by message.
@Suite struct LookupProverTests {
    struct Shape: CustomTestStringConvertible {
        /// Of the two columns.
        var heights: (Int, Int)
        /// Entries that have an index of their own.
        var used: (Int, Int)
        /// Rows of the tables, as a power of two.
        var tables: (Int, Int)

        var testDescription: String { "heights \(heights), used \(used), tables \(tables)" }
    }

    private static let shapes = [
        // Without a round, or too short to be indexed.
        Shape(heights: (1, 1), used: (1, 2), tables: (1, 2)),
        Shape(heights: (2, 3), used: (3, 0), tables: (1, 4)),
        // One run or less in a round; full, half, and nearly nothing.
        Shape(heights: (4, 4), used: (16, 9), tables: (2, 3)),
        Shape(heights: (4, 5), used: (1, 8), tables: (5, 2)),
        Shape(heights: (7, 7), used: (70, 64), tables: (3, 8)),
        Shape(heights: (10, 10), used: (513, 1000), tables: (4, 5)),
        // Several runs: full; ends amid a run; children 1 all tail, in a run, in all but a run; nothing but tail.
        Shape(heights: (11, 11), used: (2048, 1100), tables: (4, 6)),
        Shape(heights: (12, 12), used: (2048, 2049), tables: (5, 3)),
        Shape(heights: (12, 12), used: (3584, 2560), tables: (5, 7)),
        Shape(heights: (13, 13), used: (5000, 7700), tables: (6, 5)),
        Shape(heights: (13, 12), used: (0, 4096), tables: (6, 13)),
        Shape(heights: (14, 14), used: (8192 + 1536, 12345), tables: (9, 10)),
    ]

    @Test(arguments: shapes, [true, false])
    func sendsWhatIsDefined(shape: Shape, storesGrandparents: Bool) throws {
        var random = SplitMix(state: UInt64(shape.used.0 + 3 * shape.used.1))
        let first = Column(shape.heights.0, shape.used.0, table: shape.tables.0, &random)
        let second = Column(shape.heights.1, shape.used.1, table: shape.tables.1, &random)
        let pairs = [(column: 0, table: 1), (column: 2, table: 3)]
        let definitions = [first.definition, first.tableDefinition, second.definition, second.tableDefinition]

        var allocator = GateAllocator()
        let layout = LookupLayout(
            trees: definitions.map { LookupLayout.Tree(height: $0.height, hasUnitNumerators: $0.hasUnitNumerators) },
            pairs: pairs,
            allocator: &allocator
        )
        var transcript = ProofTranscript(label: "lookup test")
        transcript.append(.suite, bytes: [UInt8(truncatingIfNeeded: shape.used.0)])
        var channel = ProverChannel(transcript: transcript, pads: WireAssignment(gateCount: allocator.gateCount))
        let points = try LookupProver.prove(
            layout,
            trees: [
                first.tree(storesGrandparents), first.tableTree, second.tree(storesGrandparents), second.tableTree,
            ],
            channel: &channel
        )
        var definition = LookupDefinition(definitions, challenges: channel.challenges)
        let expected = definition.messages(pairs)
        #expect(channel.sent.count == expected.count)
        #expect(zip(channel.sent, expected).allSatisfy { $0 == $1 })
        #expect(points.map(\.count) == definitions.map(\.height))
    }

    /// A looked-up column and its table.
    private struct Column {
        let height: Int
        let indices: [Int32]
        let tail: Int32
        let table: [Scalar]
        let counts: [Scalar]

        init(_ height: Int, _ used: Int, table rows: Int, _ random: inout SplitMix) {
            self.height = height
            table = (0..<1 << rows).map { _ in Scalar.random(using: &random) }
            counts = table.map { _ in Scalar.random(using: &random) }
            indices = (0..<used).map { _ in Int32(random.next() % UInt64(1 << rows)) }
            tail = Int32(random.next() % UInt64(1 << rows))
        }

        func tree(_ storesGrandparents: Bool) -> any FractionLevels {
            height < IndexedFractionTree.leastHeight
                ? IndexedFractionTree.column(height: height, indices: indices, tailIndex: tail, table: table)
                : IndexedFractionTree(
                    height: height,
                    indices: indices,
                    tailIndex: tail,
                    table: table,
                    storesGrandparents: storesGrandparents
                )
        }

        var tableTree: any FractionLevels { FractionTree(leafNumerators: counts, leafDenominators: table) }

        var definition: LookupDefinition.Tree {
            LookupDefinition.Tree(
                height: height,
                numerators: Array(repeating: .one, count: 1 << height),
                denominators: (0..<1 << height).map { table[Int($0 < indices.count ? indices[$0] : tail)] },
                hasUnitNumerators: true
            )
        }

        var tableDefinition: LookupDefinition.Tree {
            LookupDefinition.Tree(
                height: table.count.trailingZeroBitCount,
                numerators: counts,
                denominators: table,
                hasUnitNumerators: false
            )
        }
    }
}

/// Steele, Lea and Flood's generator, for repeatable tests.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
