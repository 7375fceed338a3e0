import Ristretto255
import Testing

@testable import Multilinear

@Suite struct SmallMatrixTests {
    private static let matrix = SmallMatrix(
        columnCount: 256,
        entries: (0..<256 * 100).map { Int32(truncatingIfNeeded: $0 &* 2_654_435_761) },
        blinders: Array(repeating: .zero, count: 100)
    )

    private static func entry(_ row: Int, _ column: Int) -> Scalar {
        Scalar(signed: Int(matrix.entries[row * 256 + column]))
    }

    @Test func combinesRows() {
        let rows = [0, 3, 99]
        let weights = [Scalar(5), -Scalar(7), Scalar(UInt64.max).squared()]
        let sum = Self.matrix.combineRows(rows, weights)
        for column in 0..<256 {
            let expected = zip(rows, weights).reduce(Scalar.zero) { $0 + Self.entry($1.0, column) * $1.1 }
            #expect(sum[column] == expected)
        }
    }

    @Test func multipliesAVector() {
        let weights = (0..<256).map { -Scalar(UInt64(3 + $0)).squared() }
        let products = Self.matrix.multiply(weights)
        for row in 0..<100 {
            let expected = (0..<256).reduce(Scalar.zero) { $0 + Self.entry(row, $1) * weights[$1] }
            #expect(products[row] == expected)
        }
    }
}
