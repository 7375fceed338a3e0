import NetworkProof

/// Compares the integer network with the floating-point one on the calibration images, and watches its ranges.
struct QuantizationCheck {
    private let network: IntegerNetwork
    private let cosines: [Double]
    /// <e, e> of each image.
    let norms: [Int]
    private let saturations: [Double]
    private let seen: [ClosedRange<Int>]

    /// - Parameter expected: outputs of the floating-point network, one per input.
    init(
        _ network: IntegerNetwork,
        inputs: [[UInt8]],
        expected: [[Float]],
        progress: (Double) -> Void
    ) throws(ImportError) {
        self.network = network
        var cosines: [Double] = []
        var norms: [Int] = []
        var saturated = [Int](repeating: 0, count: network.layers.count)
        var lower = saturated
        var upper = saturated
        for (input, reference) in zip(inputs, expected) {
            let trace: NetworkTraceValues
            do {
                trace = try network.trace(input)
            } catch {
                throw .model(error)
            }
            for (index, layer) in network.layers.enumerated() {
                let table = network.tables[layer.table]
                let half = Int32(1) << Int32(network.shift - 1)
                for accumulator in trace.accumulators[index] {
                    let quotient = Int((accumulator &+ half) >> Int32(network.shift))
                    lower[index] = Swift.min(lower[index], quotient)
                    upper[index] = Swift.max(upper[index], quotient)
                    if case .clip(let least, let most) = table, quotient > most || (quotient < least && least < 0) {
                        saturated[index] += 1
                    }
                }
                if case .quadratic = table {
                    let range = table.range
                    saturated[index] += trace.blocks[index + 1].count {
                        Int($0) == range.lowerBound || Int($0) == range.upperBound
                    }
                }
            }
            let embedding = trace.blocks[network.layers.count]
            var product = 0.0
            var norm = 0
            var referenceNorm = 0.0
            for (value, float) in zip(embedding, reference) {
                product += Double(value) * Double(float)
                norm += Int(value) * Int(value)
                referenceNorm += Double(float) * Double(float)
            }
            norms.append(norm)
            let lengths = (Double(norm) * referenceNorm).squareRoot()
            cosines.append(lengths > 0 ? product / lengths : 0)
            progress(Double(norms.count) / Double(inputs.count))
        }
        self.cosines = cosines.sorted()
        self.norms = norms
        self.saturations = zip(saturated, network.layers).map { Double($0) / Double($1.output.count * inputs.count) }
        self.seen = zip(lower, upper).map { $0...$1 }
    }

    var agreement: ImportReport.Agreement {
        let norms = self.norms.sorted()
        return ImportReport.Agreement(
            medianCosine: self.cosines[self.cosines.count / 2],
            fifthPercentileCosine: self.cosines[self.cosines.count / 20],
            leastCosine: self.cosines[0],
            leastNorm: norms[0],
            medianNorm: norms[norms.count / 2],
            greatestNorm: norms[norms.count - 1]
        )
    }

    func node(_ index: Int, statistics: LayerStatistics, scales: [Double], limited: Int) -> ImportReport.Node {
        let layer = self.network.layers[index]
        let bounds = self.network.quotientBounds(ofLayer: index)
        let weight = layer.terms.flatMap(\.weights).map(\.magnitude).max() ?? 0
        let bias = layer.bias.map(\.magnitude).max() ?? 0
        return ImportReport.Node(
            name: layer.name,
            kind: layer.terms[0].kind.description,
            table: self.network.tables[layer.table].description,
            channels: layer.output.channels,
            height: layer.output.height,
            width: layer.output.width,
            positiveRange: statistics.blockPositive,
            negativeRange: statistics.blockNegative,
            smallestScale: scales.min() ?? 0,
            greatestScale: scales.max() ?? 0,
            limitedChannels: limited,
            saturation: self.saturations[index],
            quotientBounds: [bounds.map(\.lowerBound).min() ?? 0, bounds.map(\.upperBound).max() ?? 0],
            quotientsSeen: [self.seen[index].lowerBound, self.seen[index].upperBound],
            weightBits: UInt32.bitWidth - weight.leadingZeroBitCount + 1,
            biasBits: UInt32.bitWidth - bias.leadingZeroBitCount + 1
        )
    }
}
