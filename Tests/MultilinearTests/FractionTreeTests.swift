import Ristretto255
import Testing

@testable import Multilinear

@Suite struct FractionTreeTests {
    /// A tree that computes its lowest levels has the nodes of one that stores them all.
    @Test(arguments: [
        (0, 1), (1, 1), (1, 2), (2, 3), (3, 1), (4, 9), (5, 17), (6, 64), (7, 70), (11, 1100), (12, 2600),
    ])
    func indexedTreeIsTheStoredTree(height: Int, used: Int) {
        let table = (0..<5).map { Scalar(UInt64(3 + 7 * $0)) }
        let indices = (0..<used).map { Int32(($0 * 31 + $0 / 3) % 5) }
        let indexed = IndexedFractionTree.column(height: height, indices: indices, tailIndex: 2, table: table)
        let leaves = (0..<1 << height).map { table[Int($0 < used ? indices[$0] : 2)] }
        let stored = FractionTree(
            leafNumerators: Array(repeating: .one, count: leaves.count),
            leafDenominators: leaves
        )
        for level in 0...height {
            for index in 0..<1 << level {
                let node = indexed.node(level: level, index)
                #expect(node.numerator == stored.numerators[level][index])
                #expect(node.denominator == stored.denominators[level][index])
            }
        }
    }

    /// The root is the sum of the leaves' fractions.
    @Test func rootIsTheSumOfFractions() {
        let table = (0..<9).map { Scalar(UInt64(11 + $0)) }
        let indices = (0..<100).map { Int32($0 % 9) }
        let root = IndexedFractionTree.column(height: 7, indices: indices, tailIndex: 4, table: table).node(level: 0, 0)
        var sum = Scalar.zero
        for x in 0..<128 { sum += table[x < 100 ? x % 9 : 4].inverse() }
        #expect(root.numerator * root.denominator.inverse() == sum)
    }

    @Test(arguments: [0, 1, 2, 5, 9, 12])
    func equalityWeightsAreTheEqualityTable(variables: Int) {
        let point = (0..<variables).map { Scalar(UInt64(5 + 3 * $0)) }
        var weights = EqualityWeights(point)
        for dropped in 0...variables {
            // From the second round on the low part is the one of the round before.
            weights = EqualityWeights(point[dropped...], sharing: weights)
            let table = MultilinearExtension.equalityTable(point[dropped...])
            #expect(weights.count == table.count)
            #expect(
                table.indices.allSatisfy { weights.high[$0 / weights.run] * weights.low[$0 % weights.run] == table[$0] }
            )
        }
    }
}
