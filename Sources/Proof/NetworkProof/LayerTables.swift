import Multilinear
import Ristretto255

/// One term's factors w, x and, for depthwise terms, eq(rho_o, c), during the layers' sumcheck
/// (`docs/protocol.md` section 7.4).
struct LayerTables: Sendable {
    /// 2^k_t entries each.
    private var weights: [Scalar]
    private var sources: [Scalar]
    /// eq(rho_o, c): one per channel; a single factor once the channels are bound, and for dense terms one.
    private var channels: [Scalar]
    /// lam_b times prod (1 - kappa) over the leading variables so far.
    private var factor: Scalar
    private let variableCount: Int
    /// Rounds before this term's own variables.
    private var leading: Int

    init(
        _ shape: NetworkShape,
        _ term: NetworkShape.TermShape,
        layer: LayerPoint,
        parameters: [Int32],
        blocks: [[Int16]]
    ) {
        factor = layer.selector
        variableCount = term.variableCount
        leading = shape.layerRounds.count - term.variableCount
        let piece = shape.parameters.weights(layer: term.layer, term: term.term)
        let inner = 1 << term.variableCount
        let outputs = layer.channels
        if term.isDepthwise {
            channels = outputs
            weights = parameters[piece.offset..<piece.offset + inner].map { Scalar(signed: Int($0)) }
        } else {
            channels = [.one]
            weights = Self.combine(parameters, offset: piece.offset, inner: inner, outputs)
        }
        sources = Self.sources(shape, term, layer, blocks: blocks)
    }

    /// sum over o of eq(rho_o, o) W[o, ..].
    private static func combine(_ parameters: [Int32], offset: Int, inner: Int, _ outputs: [Scalar]) -> [Scalar] {
        var sums = [SmallProductAccumulator](repeating: SmallProductAccumulator(), count: inner)
        parameters.withUnsafeBufferPointer { parameters in
            sums.withUnsafeMutableBufferPointer { sums in
                for (output, weight) in outputs.enumerated() {
                    let start = offset + output * inner
                    for index in 0..<inner { sums[index].add(weight, times: parameters[start + index]) }
                }
            }
        }
        return sums.map { $0.reduced() }
    }

    /// x_t(c, i, j): columns are contracted first, then rows.
    private static func sources(
        _ shape: NetworkShape,
        _ term: NetworkShape.TermShape,
        _ layer: LayerPoint,
        blocks: [[Int16]]
    ) -> [Scalar] {
        let geometry = term.geometry
        let block = shape.description.shape(ofBlock: geometry.sources[0].block)
        var sum = [Int32](repeating: 0, count: block.count)
        for source in geometry.sources {
            let isPositive = source.column == .positivePart
            for (index, value) in blocks[source.block].enumerated() {
                sum[index] += Int32(isPositive ? max(value, 0) : value)
            }
        }
        var table = [Scalar](repeating: .zero, count: 1 << term.variableCount)
        let rowTaps = (0..<geometry.kernelHeight).map {
            layer.rowTaps(geometry, offset: $0, sources: block.height)
        }
        let isRead = (0..<block.height).map { row in rowTaps.contains { $0.contains { $0.position == row } } }
        for j in 0..<geometry.kernelWidth {
            let columnTaps = layer.columnTaps(geometry, offset: j, sources: block.width)
            for channel in 0..<block.channels {
                let contracted = (0..<block.height).map { row -> Scalar in
                    guard isRead[row] else { return .zero }
                    var accumulator = SmallProductAccumulator()
                    let start = (channel * block.height + row) * block.width
                    for tap in columnTaps { accumulator.add(tap.weight, times: sum[start + tap.position]) }
                    return accumulator.reduced()
                }
                for i in 0..<geometry.kernelHeight {
                    var accumulator = ScalarAccumulator()
                    for tap in rowTaps[i] { accumulator.add(tap.weight, times: contracted[tap.position]) }
                    let index = (channel << term.variables.row + i) << term.variables.column + j
                    table[index] = accumulator.reduced()
                }
            }
        }
        return table
    }

    /// g(0), g(2), g(3) of the next round.
    func roundSums() -> (zero: Scalar, two: Scalar, three: Scalar) {
        if leading > 0 {
            // The summand lives at 0 of a leading variable: g(X) = (1 - X) g(0).
            let whole = factor * inner(at: 0, half: weights.count, upper: 0)
            return (whole, -whole, -whole.doubled())
        }
        let half = weights.count / 2
        return (
            factor * inner(at: 0, half: half, upper: half),
            factor * inner(at: 2, half: half, upper: half),
            factor * inner(at: 3, half: half, upper: half)
        )
    }

    /// The sum over x < half of eq w x with the first variable set to `point`.
    private func inner(at point: Int, half: Int, upper: Int) -> Scalar {
        let multiple = Scalar(UInt64(point))
        func line(_ low: Scalar, _ high: Scalar) -> Scalar {
            point == 0 ? low : low + multiple * (high - low)
        }
        let isChannelBound = channels.count == 1
        let channelHalf = upper == 0 ? 0 : channels.count / 2
        let run = isChannelBound ? half : half / (upper == 0 ? channels.count : channelHalf)
        var total = Scalar.zero
        for block in 0..<(half / max(run, 1)) {
            var sum = ScalarAccumulator()
            for index in block * run..<(block + 1) * run {
                sum.add(
                    line(weights[index], weights[index + upper]),
                    times: line(sources[index], sources[index + upper])
                )
            }
            let channel = isChannelBound ? channels[0] : line(channels[block], channels[block + channelHalf])
            total += channel * sum.reduced()
        }
        return total
    }

    mutating func bind(to challenge: Scalar) {
        if leading > 0 {
            leading -= 1
            factor *= .one - challenge
            return
        }
        MultilinearExtension.bindFirst(&weights, to: challenge)
        MultilinearExtension.bindFirst(&sources, to: challenge)
        if channels.count > 1 { MultilinearExtension.bindFirst(&channels, to: challenge) }
    }

    /// w_t and x_t at the end.
    var values: (weight: Scalar, source: Scalar) { (weights[0], sources[0]) }
}
