import Dispatch
import Multilinear
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
                Self.place(
                    parameters.weights[index][term],
                    sides: [shape.outputs, shape.channels, geometry.kernelHeight, geometry.kernelWidth],
                    at: layout.weights(layer: index, term: term).offset,
                    in: &values
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

    /// Copies a tensor to `offset`, with each of its four sides padded to a power of two.
    private static func place(_ tensor: [Int32], sides: [Int], at offset: Int, in values: inout [Int32]) {
        let line = sides[3]
        let lines = sides[0] * sides[1] * sides[2]
        for index in 0..<lines {
            let (o, c, i) = (index / (sides[1] * sides[2]), index / sides[2] % sides[1], index % sides[2])
            var position = o
            position = position << ceilLog2(sides[1]) + c
            position = position << ceilLog2(sides[2]) + i
            let start = offset + position << ceilLog2(line)
            for j in 0..<line { values[start + j] = tensor[index * line + j] }
        }
    }

    private static func blinder(seed: [UInt8], row: Int) -> Scalar {
        var writer = ByteWriter()
        writer.write(bytes: Array("semblance parameter blinder v1".utf8))
        writer.write(bytes: seed)
        writer.write(UInt32(truncatingIfNeeded: row))
        return Scalar(wideBytes: Hash.sha512(writer.bytes))
    }

    /// - Parameter blinders: nil for public values, which are then committed in variable time.
    private static func commit(_ values: [Int32], width: Int, blinders: [Scalar]?) -> [CompressedRistretto] {
        let generators = RowGenerators.forWidth(width)
        let points = PrecomputedPoints(generators.columns)
        let count = values.count / width
        let rows = [RistrettoPoint](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Sound: every row is written once, by one thread, before concurrentPerform returns.
            nonisolated(unsafe) let output = buffer
            DispatchQueue.concurrentPerform(iterations: count) { row in
                let entries = Array(values[row * width..<(row + 1) * width])
                let point =
                    if let blinders {
                        generators.commit(small: entries, bits: 31, blinder: blinders[row])
                    } else {
                        RistrettoPoint.multiscalarMultiply(small: entries, points)
                    }
                output.initializeElement(at: row, to: point)
            }
            initialized = count
        }
        return RistrettoPoint.compressBatch(rows)
    }
}
