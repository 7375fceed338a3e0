import Commitments
import Ristretto255
import Testing

@testable import Models

/// Layout and commitments of weights and biases.
@Suite struct ParameterRowsTests {
    @Test func piecesAreLaidOutByDecreasingSize() {
        let layout = ParameterLayout(SampleModel.description)
        // Blocks of 1x8x8, 4x4x8 twice and 8x1x1 make 328 < 2^9: m = 2^max(7, 3, 6).
        #expect(layout.rowWidth == 128)
        // 8x4x4x8 of the dense layer; depthwise 4x4x4 twice; 4x1x4x2; biases of 8, 4 and 4.
        let expected: [(Int, Int?, Int, Int)] = [
            (2, 0, 0, 1024), (1, 0, 1024, 64), (1, 1, 1088, 64), (0, 0, 1152, 32), (2, nil, 1184, 8), (0, nil, 1192, 4),
            (1, nil, 1196, 4),
        ]
        #expect(
            layout.pieces
                == expected.map { ParameterLayout.Piece(layer: $0.0, term: $0.1, offset: $0.2, size: $0.3) }
        )
        #expect(layout.rowCount == 10)
        #expect(layout.weights(layer: 1, term: 1) == layout.pieces[2])
        #expect(layout.bias(layer: 0) == layout.pieces[5])
    }

    @Test(arguments: [(16, 128), (64, 256), (90, 512), (112, 512), (900, 4096), (4000, 8192)])
    func rowsWidenWithTheActivations(side: Int, width: Int) {
        var description = SampleModel.description
        description.input = TensorShape(channels: 1, height: side, width: side)
        description.layers = [description.layers[0]]
        description.layers[0].output = TensorShape(channels: 5, height: 1, width: 1)
        #expect(ParameterLayout(description).rowWidth == width)
        // d = 300 does not fit into 256 columns.
        description.layers[0].output.channels = 300
        #expect(ParameterLayout(description).rowWidth >= 512)
    }

    @Test func everyEntryStandsWhereTheDocumentationPutsIt() {
        let parameters = SampleModel.parameters
        let rows = ParameterRows(SampleModel.description, parameters: parameters, blindingSeed: nil)
        var expected = [Int32](repeating: 0, count: 1280)
        for o in 0..<5 {
            for c in 0..<3 {
                for i in 0..<3 {
                    for j in 0..<5 {
                        expected[((o * 4 + c) * 4 + i) * 8 + j] =
                            parameters.weights[2][0][((o * 3 + c) * 3 + i) * 5 + j]
                    }
                }
            }
        }
        for c in 0..<3 {
            for i in 0..<3 {
                for j in 0..<3 {
                    expected[1024 + (c * 4 + i) * 4 + j] = parameters.weights[1][0][(c * 3 + i) * 3 + j]
                    expected[1088 + (c * 4 + i) * 4 + j] = parameters.weights[1][1][(c * 3 + i) * 3 + j]
                }
            }
        }
        for o in 0..<3 {
            for i in 0..<3 {
                for j in 0..<2 { expected[1152 + (o * 4 + i) * 2 + j] = parameters.weights[0][0][(o * 3 + i) * 2 + j] }
            }
        }
        for o in 0..<5 { expected[1184 + o] = parameters.biases[2][o] }
        for o in 0..<3 {
            expected[1192 + o] = parameters.biases[0][o]
            expected[1196 + o] = parameters.biases[1][o]
        }
        #expect(rows.values == expected)
        #expect(rows.rowWidth == 128 && rows.rowCount == 10)
    }

    @Test func commitmentsOpenToTheirRows() throws {
        let generators = RowGenerators.forWidth(128)
        let base = generators.columns + [generators.blinding]
        let open = ParameterRows(SampleModel.description, parameters: SampleModel.parameters, blindingSeed: nil)
        let hidden = ParameterRows(
            SampleModel.description,
            parameters: SampleModel.parameters,
            blindingSeed: SampleModel.seed
        )
        #expect(open.blinders.allSatisfy { $0.isZero })
        #expect(Set(hidden.blinders.map(\.bytes)).count == 10)
        #expect(hidden.values == open.values)
        for rows in [open, hidden] {
            for row in 0..<10 {
                let scalars = rows.values[row * 128..<(row + 1) * 128].map { Scalar(signed: Int64($0)) }
                let point = RistrettoPoint.multiscalarMultiply(scalars + [rows.blinders[row]], base)
                #expect(rows.commitments[row] == point.compress())
            }
        }
        // The seed decides, and nothing else.
        let again = ParameterRows(
            SampleModel.description,
            parameters: SampleModel.parameters,
            blindingSeed: SampleModel.seed
        )
        #expect(again == hidden)
        let other = ParameterRows(
            SampleModel.description,
            parameters: SampleModel.parameters,
            blindingSeed: [UInt8](repeating: 1, count: 32)
        )
        #expect(zip(other.commitments, hidden.commitments).allSatisfy { $0 != $1 })
    }

    @Test func greatestValuesAreCommitted() throws {
        // Biases reach 2^30; private rows have a bound on their bits.
        var parameters = SampleModel.parameters
        parameters.biases[0] = [1 << 30, -(1 << 30), 1]
        parameters.weights[0][0][0] = 1 << 27
        let rows = ParameterRows(SampleModel.description, parameters: parameters, blindingSeed: SampleModel.seed)
        let generators = RowGenerators.forWidth(128)
        let scalars = rows.values[1152...].map { Scalar(signed: Int64($0)) }
        let point = RistrettoPoint.multiscalarMultiply(
            scalars + [rows.blinders[9]],
            generators.columns + [generators.blinding]
        )
        #expect(rows.commitments[9] == point.compress())
    }
}
