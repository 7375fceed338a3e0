import Commitments

/// Where weights and biases stand in the parameter rows, and how wide rows are (docs/protocol.md section 7.1).
package struct ParameterLayout: Sendable {
    /// The weights of a term or the biases of a layer, padded to powers of two.
    package struct Piece: Hashable, Sendable {
        package var layer: Int
        /// Nil for the biases.
        package var term: Int?
        /// Position of the first entry, row-major.
        package var offset: Int
        /// Entries: a power of two.
        package var size: Int
    }

    /// m, a power of two.
    package let rowWidth: Int
    package let rowCount: Int
    /// In the order of their offsets.
    package let pieces: [Piece]
    /// Indices into `pieces`: for each layer its terms, then its biases.
    private let indices: [[Int]]

    /// - Parameter description: with valid shapes.
    package init(_ description: NetworkDescription) {
        let blocks = (0...description.layers.count).map { description.shape(ofBlock: $0).paddedCount }
        let activations = ceilLog2(blocks.reduce(0, +))
        self.rowWidth = 1 << Swift.min(13, Swift.max(7, ceilLog2(description.dimension), (activations + 3) / 2))

        var pieces: [Piece] = []
        for (index, layer) in description.layers.enumerated() {
            for (term, geometry) in layer.terms.enumerated() {
                let shape = description.weightShape(layer: index, term: term)
                let sides = [shape.outputs, shape.channels, geometry.kernelHeight, geometry.kernelWidth]
                let size = 1 << sides.reduce(0) { $0 + ceilLog2($1) }
                pieces.append(Piece(layer: index, term: term, offset: 0, size: size))
            }
            pieces.append(Piece(layer: index, term: nil, offset: 0, size: 1 << ceilLog2(layer.output.channels)))
        }
        // Powers of two by decreasing size: each stands at a multiple of its size. The sort is stable.
        pieces.sort { $0.size > $1.size }
        var end = 0
        var indices = description.layers.map { [Int](repeating: 0, count: $0.terms.count + 1) }
        for index in pieces.indices {
            pieces[index].offset = end
            end += pieces[index].size
            let layer = pieces[index].layer
            indices[layer][pieces[index].term ?? description.layers[layer].terms.count] = index
        }
        self.pieces = pieces
        self.indices = indices
        self.rowCount = (end + self.rowWidth - 1) / self.rowWidth
    }

    package func weights(layer: Int, term: Int) -> Piece { self.pieces[self.indices[layer][term]] }

    package func bias(layer: Int) -> Piece { self.pieces[self.indices[layer][self.indices[layer].count - 1]] }
}

extension TensorShape {
    /// Entries of the block with each side padded to a power of two.
    package var paddedCount: Int {
        1 << (ceilLog2(self.channels) + ceilLog2(self.height) + ceilLog2(self.width))
    }
}
