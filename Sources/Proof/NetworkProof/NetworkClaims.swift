import Commitments
import Models
import Multilinear
import Ristretto255

/// The weights of the opening claims of a network proof, in the order of `docs/protocol.md` section 7.4.
///
/// Every weight is zero outside the region that its claim speaks of.
enum NetworkClaims {
    static func weights(
        _ shape: NetworkShape,
        points: NetworkPoints,
        layers: [LayerPoint],
        kappa: [Scalar]
    ) -> [MatrixClaim] {
        let m = shape.columnCount
        let high = MultilinearExtension.equalityTable(points.column.dropLast(shape.columnVariables))
        let low = MatrixClaim.equalityFactors(points.column.suffix(shape.columnVariables))
        func column(_ matrixRow: [Int], _ virtualRows: some Sequence<Int>) -> MatrixClaim {
            let present = virtualRows.filter { matrixRow[$0] >= 0 }
            return MatrixClaim(terms: [
                MatrixClaim.Term(
                    rows: present.map { matrixRow[$0] },
                    rowWeights: present.map { high[$0] },
                    columnFactors: low
                )
            ])
        }
        var claims = [
            column(shape.remainderMatrixRow, shape.remainderMatrixRow.indices),
            column(shape.remainderMatrixRow, shape.startRows),
            column(shape.activationMatrixRow, shape.activationMatrixRow.indices),
        ]
        if shape.hasPositivePart { claims.append(column(shape.positiveMatrixRow, shape.positiveMatrixRow.indices)) }
        claims.append(table(shape, shape.remainderMultiplicityRows, at: points.remainderTable))
        claims.append(table(shape, shape.quotientMultiplicityRows, at: points.quotientTable))

        func parameter(_ piece: ParameterLayout.Piece, _ factors: [[Scalar]]) -> [MatrixClaim.Term] {
            TensorWeight.terms(address: piece.offset, factors: factors, rowWidth: m) {
                shape.parameterRows.lowerBound + $0
            }
        }
        claims.append(
            MatrixClaim(
                terms: layers.enumerated().flatMap { index, layer in
                    let factor = layer.selector * layer.real
                    return parameter(
                        shape.parameters.bias(layer: shape.start + index),
                        [layer.channels.map { $0 * factor }]
                    )
                }
            )
        )
        for term in shape.terms {
            let layer = layers[term.layer - shape.start]
            let own = kappa.suffix(term.variableCount)
            let channels = MultilinearExtension.equalityTable(own.prefix(term.variables.channel))
            let rows = MultilinearExtension.equalityTable(
                own.dropFirst(term.variables.channel).prefix(term.variables.row)
            )
            let columns = MultilinearExtension.equalityTable(own.suffix(term.variables.column))
            let outputs = term.isDepthwise ? [] : [layer.channels]
            claims.append(
                MatrixClaim(
                    terms: parameter(
                        shape.parameters.weights(layer: term.layer, term: term.term),
                        outputs + [channels, rows, columns]
                    )
                )
            )
            claims.append(source(shape, term, layer, channels: channels, rows: rows, columns: columns))
        }
        return claims
    }

    private static func table(_ shape: NetworkShape, _ rows: Range<Int>, at point: [Scalar]) -> MatrixClaim {
        let high = MultilinearExtension.equalityTable(point.dropLast(shape.columnVariables))
        let low = MatrixClaim.equalityFactors(point.suffix(shape.columnVariables))
        return MatrixClaim(terms: [MatrixClaim.Term(rows: Array(rows), rowWeights: high, columnFactors: low)])
    }

    /// x_t: the sources' blocks under eq(kappa_c, c) A[y] B[x].
    private static func source(
        _ shape: NetworkShape,
        _ term: NetworkShape.TermShape,
        _ layer: LayerPoint,
        channels: [Scalar],
        rows: [Scalar],
        columns: [Scalar]
    ) -> MatrixClaim {
        let block = shape.description.shape(ofBlock: term.geometry.sources[0].block)
        var realChannels = channels
        for channel in block.channels..<channels.count { realChannels[channel] = .zero }
        var rowWeights = [Scalar](repeating: .zero, count: 1 << ceilLog2(block.height))
        for offset in 0..<term.geometry.kernelHeight {
            for tap in layer.rowTaps(term.geometry, offset: offset, sources: block.height) {
                rowWeights[tap.position] += rows[offset] * tap.weight
            }
        }
        var columnWeights = [Scalar](repeating: .zero, count: 1 << ceilLog2(block.width))
        for offset in 0..<term.geometry.kernelWidth {
            for tap in layer.columnTaps(term.geometry, offset: offset, sources: block.width) {
                columnWeights[tap.position] += columns[offset] * tap.weight
            }
        }
        let terms = term.geometry.sources.flatMap { source in
            let matrixRow =
                source.block == shape.start
                ? shape.remainderMatrixRow
                : source.column == .positivePart ? shape.positiveMatrixRow : shape.activationMatrixRow
            return TensorWeight.terms(
                address: shape.slot(ofBlock: source.block).offset,
                factors: [realChannels, rowWeights, columnWeights],
                rowWidth: shape.columnCount
            ) { matrixRow[$0] }
        }
        return MatrixClaim(terms: terms)
    }
}
