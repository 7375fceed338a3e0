import Commitments
import Encoding
import Ristretto255
import Sodium

/// Weights and biases as committed rows, with what opens them: the prover's side of a published model. Secret where the
/// weights are (docs/protocol.md section 7.1).
public struct ParameterRows: Equatable, Sendable {
    /// Row-major, ``rowCount`` rows of ``rowWidth`` entries.
    public let values: [Int32]
    public let rowWidth: Int
    public let blinders: [Scalar]
    public let commitments: [CompressedRistretto]

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
