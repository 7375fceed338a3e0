import Commitments
import Models
import Multilinear
import Ristretto255

/// Where the sumchecks of a network proof ended, and the public weights that follow.
struct NetworkPoints: Sendable {
    /// rho: of the columns R and Q.
    let column: [Scalar]
    let remainderTable: [Scalar]
    let quotientTable: [Scalar]

    /// eq(off_b / size_b, leading coordinates of rho).
    static func selector(_ offset: Int, size: Int, at point: [Scalar]) -> Scalar {
        MultilinearExtension.equality(point.dropLast(ceilLog2(size)), offset / size)
    }
}

/// The weights of one layer's claims at rho.
struct LayerPoint: Sendable {
    /// lam_b.
    let selector: Scalar
    /// rho_o.
    let channel: [Scalar]
    /// eq over the output's channels, rows and columns, padding included.
    let channels: [Scalar]
    let rows: [Scalar]
    let columns: [Scalar]
    /// V_y V_x: the extension of the indicator of real positions.
    let real: Scalar
    let output: TensorShape

    init(_ shape: NetworkShape, layer: Int, column point: [Scalar]) {
        let slot = shape.slot(ofBlock: layer + 1)
        output = shape.description.layers[layer].output
        selector = NetworkPoints.selector(slot.offset, size: slot.blockSize, at: point)
        let low = point.suffix(ceilLog2(slot.blockSize))
        channel = Array(low.prefix(slot.variables.channel))
        channels = MultilinearExtension.equalityTable(channel)
        rows = MultilinearExtension.equalityTable(low.dropFirst(slot.variables.channel).prefix(slot.variables.row))
        columns = MultilinearExtension.equalityTable(low.suffix(slot.variables.column))
        real =
            rows.prefix(output.height).reduce(.zero, +) * columns.prefix(output.width).reduce(.zero, +)
    }

    /// The source positions y that kernel offset i reads, with their weights A_i[y]: one per real output position.
    func taps(
        _ equality: [Scalar],
        outputs: Int,
        offset: Int,
        stride: Int,
        pad: Int,
        sources: Int
    ) -> [(position: Int, weight: Scalar)] {
        (0..<outputs).compactMap { output in
            let position = stride * output + offset - pad
            return 0..<sources ~= position ? (position, equality[output]) : nil
        }
    }

    func rowTaps(_ term: NetworkDescription.Term, offset: Int, sources: Int) -> [(position: Int, weight: Scalar)] {
        taps(
            rows,
            outputs: output.height,
            offset: offset,
            stride: term.strideY,
            pad: term.padTop,
            sources: sources
        )
    }

    func columnTaps(_ term: NetworkDescription.Term, offset: Int, sources: Int) -> [(position: Int, weight: Scalar)] {
        taps(
            columns,
            outputs: output.width,
            offset: offset,
            stride: term.strideX,
            pad: term.padLeft,
            sources: sources
        )
    }
}
