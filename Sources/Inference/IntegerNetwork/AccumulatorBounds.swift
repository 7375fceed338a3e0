/// Sign-aware interval bounds of a layer's accumulators over all source values in range, from the integer weights.
///
/// Every range contains 0, so a window that is cut at the border is bounded by the whole one. The two columns of a
/// PReLU lookup are bounded jointly: w z + v max(z, 0) is linear on either side of 0, so its extremes are at the ends
/// or at 0.
package enum AccumulatorBounds {
    /// Least and greatest accumulator of each output channel.
    ///
    /// - Parameter range: range of the activation column of a block.
    package static func intervals(of layer: Layer, range: (Int) -> ClosedRange<Int>) -> [ClosedRange<Int64>] {
        // Sources that appear as a (z, max(z, 0)) pair, in two terms of the same geometry, are taken together.
        var partners: [Int: Int] = [:]
        for (index, term) in layer.terms.enumerated() where term.sources.allSatisfy({ $0.column == .positivePart }) {
            let blocks = term.sources.map(\.block)
            partners[index] = layer.terms.indices.first { other in
                let candidate = layer.terms[other]
                return !partners.values.contains(other) && candidate.sources.map(\.block) == blocks
                    && candidate.sources.allSatisfy { $0.column == .activation } && candidate.kind == term.kind
                    && candidate.kernelHeight == term.kernelHeight && candidate.kernelWidth == term.kernelWidth
                    && candidate.strideY == term.strideY && candidate.strideX == term.strideX
                    && candidate.padTop == term.padTop && candidate.padLeft == term.padLeft
            }
        }
        var lower = layer.bias.map(Int64.init)
        var upper = lower
        for (index, term) in layer.terms.enumerated() where !partners.values.contains(index) {
            let partner = partners[index].map { layer.terms[$0] }
            let perOutput = term.weights.count / Swift.max(layer.output.channels, 1)
            let ranges = term.sources.map { (range($0.block), $0.column) }
            for o in 0..<layer.output.channels {
                for k in o * perOutput..<(o + 1) * perOutput {
                    let weight = Int64(term.weights[k])
                    let other = partner.map { Int64($0.weights[k]) } ?? 0
                    for (bounds, column) in ranges {
                        let low = Int64(bounds.lowerBound)
                        let high = Int64(bounds.upperBound)
                        // At z < 0 the positive part is 0, at z > 0 it is z.
                        let negative = column == .positivePart ? other * low : weight * low
                        let positive = (weight + other) * high
                        lower[o] += Swift.min(negative, positive, 0)
                        upper[o] += Swift.max(negative, positive, 0)
                    }
                }
            }
        }
        return zip(lower, upper).map { $0...$1 }
    }
}
