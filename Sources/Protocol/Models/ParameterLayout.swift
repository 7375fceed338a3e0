import Commitments
import Encoding
import Ristretto255
import Sodium

/// Where weights and biases stand in the parameter rows, and how wide rows are (docs/protocol.md section 7.1).
package struct ParameterLayout: Sendable {
    /// The weights of a term or the biases of a layer, padded to powers of two.
    package struct Piece: Hashable, Sendable {
        /// Index into the network's layers.
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
    /// Rows that hold all pieces; the last one is filled up with zeros.
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

    /// The piece of term `term` of layer `layer`.
    package func weights(layer: Int, term: Int) -> Piece { self.pieces[self.indices[layer][term]] }

    /// The piece of layer `layer`'s biases.
    package func bias(layer: Int) -> Piece { self.pieces[self.indices[layer][self.indices[layer].count - 1]] }
}

extension TensorShape {
    /// Entries of the block with each side padded to a power of two.
    package var paddedCount: Int {
        1 << (ceilLog2(self.channels) + ceilLog2(self.height) + ceilLog2(self.width))
    }
}

/// Weights and biases as committed rows, with what opens them: the prover's side of a published model. Secret where the
/// weights are (docs/protocol.md section 7.1).
public struct ParameterRows: Equatable, Sendable {
    /// Row-major, ``rowCount`` rows of ``rowWidth`` entries.
    public let values: [Int32]
    /// m: a power of two, 128 to 8192.
    public let rowWidth: Int
    /// One a row; all zero where the weights are public.
    public let blinders: [Scalar]
    /// One a row: `sum of values[j] G_j + blinder H`. May be the identity.
    public let commitments: [CompressedRistretto]

    /// 1 to 2^16.
    public var rowCount: Int { self.commitments.count }

    /// Lays out and commits.
    ///
    /// - Parameters:
    ///   - description: a valid one.
    ///   - parameters: as the description says; magnitudes below 2^31.
    ///   - blindingSeed: 32 secret bytes from which the blinders are derived, so that the same seed gives the same
    ///     commitments; nil for public weights, whose blinders are zero.
    public init(_ description: NetworkDescription, parameters: NetworkParameters, blindingSeed: [UInt8]?) {
        let layout = ParameterLayout(description)
        let width = layout.rowWidth
        var values = [Int32](repeating: 0, count: layout.rowCount * width)
        for (index, layer) in description.layers.enumerated() {
            let bias = layout.bias(layer: index)
            values.replaceSubrange(
                bias.offset..<bias.offset + layer.output.channels,
                with: parameters.biases[index]
            )
            for (term, geometry) in layer.terms.enumerated() {
                let shape = description.weightShape(layer: index, term: term)
                PaddedTensor.copy(
                    parameters.weights[index][term],
                    sides: [shape.outputs, shape.channels, geometry.kernelHeight, geometry.kernelWidth],
                    at: layout.weights(layer: index, term: term).offset,
                    to: &values
                )
            }
        }
        self.values = values
        self.rowWidth = width
        self.blinders = (0..<layout.rowCount).map { row in
            blindingSeed.map { Self.blinder(seed: $0, row: row) } ?? .zero
        }
        self.commitments = Self.commit(
            values,
            width: width,
            blinders: blindingSeed == nil ? nil : self.blinders
        )
    }

    private static func blinder(seed: [UInt8], row: Int) -> Scalar {
        var writer = ByteWriter()
        writer.append(raw: Array("semblance parameter blinder v1".utf8))
        writer.append(raw: seed)
        writer.append(UInt32(truncatingIfNeeded: row))
        return Scalar(wideBytes: Hash.sha512(writer.bytes))
    }

    /// - Parameter blinders: nil for public values, which are then committed in variable time.
    private static func commit(_ values: [Int32], width: Int, blinders: [Scalar]?) -> [CompressedRistretto] {
        let generators = RowGenerators.forWidth(width)
        let count = values.count / width
        let rows = [RistrettoPoint](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Sound: each iteration initialises its own element.
            nonisolated(unsafe) let output = buffer
            Parallel.forEach(count, parallel: true) { row in
                let entries = Array(values[row * width..<(row + 1) * width])
                let point =
                    if let blinders {
                        generators.commit(small: entries, bits: 31, blinder: blinders[row])
                    } else {
                        RistrettoPoint.multiscalarMultiply(small: entries, generators.precomputed)
                    }
                output.initializeElement(at: row, to: point)
            }
            initialized = count
        }
        return RistrettoPoint.compressBatch(rows)
    }
}

/// Shape of one block of activations; index (channel * height + row) * width + column.
public struct TensorShape: Hashable, Sendable {
    /// 1 to 8192; 1 for the input of a model.
    public var channels: Int
    /// Rows, 1 to 4096.
    public var height: Int
    /// Columns, 1 to 4096.
    public var width: Int

    public init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// Entries, without padding; at most 2^24 in a valid network.
    public var count: Int { channels * height * width }
}

/// Tensors whose sides are padded to powers of two with zeros.
enum PaddedTensor {
    /// Copies a tensor of four sides, the last index running fastest, to `offset` of a zeroed array.
    static func copy(_ tensor: [some BinaryInteger], sides: [Int], at offset: Int, to values: inout [Int32]) {
        let line = sides[3]
        let lines = sides[0] * sides[1] * sides[2]
        for index in 0..<lines {
            let (o, c, i) = (index / (sides[1] * sides[2]), index / sides[2] % sides[1], index % sides[2])
            var position = o
            position = position << ceilLog2(sides[1]) + c
            position = position << ceilLog2(sides[2]) + i
            let start = offset + position << ceilLog2(line)
            for j in 0..<line { values[start + j] = Int32(tensor[index * line + j]) }
        }
    }
}
