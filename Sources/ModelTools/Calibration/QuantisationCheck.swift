import Commitments
import IntegerNetwork
import Models

/// Runs the integer network beside the floating-point one on the calibration images: how far they are apart, and which
/// part of its ranges each layer uses.
struct QuantisationCheck {
    /// What one layer did.
    struct LayerFigures {
        var saturated = 0
        var quotients = 0...0
        var activations = 0...0
        /// Of the floating-point activations.
        var floatRange: ClosedRange<Float> = 0...0
        /// Sums of squares: of the difference to the floating-point activations, and of those.
        var squaredError = 0.0
        var squaredSize = 0.0

        /// Root mean square of the error over that of the activations.
        var relativeError: Double { squaredSize > 0 ? (squaredError / squaredSize).squareRoot() : 0 }
    }

    private let network: IntegerNetwork
    private let images: Int
    private let cosines: [Double]
    /// <e, e> of each image.
    let norms: [Int]
    let layers: [LayerFigures]

    /// - Parameter scales: z is about x times the scale, by layer and channel.
    init(
        _ network: IntegerNetwork,
        of reference: FloatNetwork,
        scales: [[Double]],
        inputs: [[UInt8]],
        progress: (Double) -> Void
    ) throws(ImportError) {
        self.network = network
        images = inputs.count
        var layers = [LayerFigures](repeating: LayerFigures(), count: network.layers.count)
        var cosines: [Double] = []
        var norms: [Int] = []
        for input in inputs {
            let trace: NetworkTraceValues
            do {
                trace = try network.trace(input)
            } catch {
                throw .model(error)
            }
            for index in network.layers.indices {
                Self.watch(&layers[index], network, index, trace)
            }
            let output = reference.run(input) { index, _, after in
                Self.compare(&layers[index], reference.layers[index], scales[index], trace.blocks[index + 1], after)
            }
            let embedding = trace.blocks[network.layers.count]
            norms.append(embedding.reduce(0) { $0 + Int($1) * Int($1) })
            cosines.append(Self.cosine(embedding, output))
            progress(Double(norms.count) / Double(inputs.count))
        }
        self.layers = layers
        self.cosines = cosines.sorted()
        self.norms = norms
    }

    private static func watch(
        _ figures: inout LayerFigures,
        _ network: IntegerNetwork,
        _ index: Int,
        _ trace: NetworkTraceValues
    ) {
        let table = network.tables[network.layers[index].table]
        let half = Int32(1) << Int32(network.shift - 1)
        var (low, high) = (figures.quotients.lowerBound, figures.quotients.upperBound)
        for accumulator in trace.accumulators[index] {
            let quotient = Int((accumulator &+ half) >> Int32(network.shift))
            low = Swift.min(low, quotient)
            high = Swift.max(high, quotient)
            if case .clip(let least, let most) = table, quotient > most || (quotient < least && least < 0) {
                figures.saturated += 1
            }
        }
        figures.quotients = low...high
        (low, high) = (figures.activations.lowerBound, figures.activations.upperBound)
        let range = table.range
        for value in trace.blocks[index + 1] {
            low = Swift.min(low, Int(value))
            high = Swift.max(high, Int(value))
            // A curve's own extremes are not distinguished from what it cuts off.
            switch table {
            case .clip: break
            case .quadratic, .gate:
                if Int(value) == range.upperBound || Int(value) == range.lowerBound { figures.saturated += 1 }
            }
        }
        figures.activations = low...high
    }

    private static func compare(
        _ figures: inout LayerFigures,
        _ layer: FloatLayer,
        _ scales: [Double],
        _ integers: [Int16],
        _ floats: [Float]
    ) {
        var (low, high) = (figures.floatRange.lowerBound, figures.floatRange.upperBound)
        let positions = layer.output.height * layer.output.width
        for (position, reference) in floats.enumerated() {
            let channel = position / positions
            var value = Float(Double(integers[position]) / scales[channel])
            // The next layer reads both columns of a PReLU, with their slopes.
            if case .prelu = layer.activation { value = layer.activation(value, channel: channel) }
            let difference = Double(value - reference)
            figures.squaredError += difference * difference
            figures.squaredSize += Double(reference) * Double(reference)
            low = Swift.min(low, reference)
            high = Swift.max(high, reference)
        }
        figures.floatRange = low...high
    }

    static func cosine(_ embedding: [Int16], _ reference: [Float]) -> Double {
        var (product, norm, referenceNorm) = (0.0, 0.0, 0.0)
        for (value, float) in zip(embedding, reference) {
            product += Double(value) * Double(float)
            norm += Double(value) * Double(value)
            referenceNorm += Double(float) * Double(float)
        }
        let lengths = (norm * referenceNorm).squareRoot()
        return lengths > 0 ? product / lengths : 0
    }

    var agreement: ImportReport.Agreement {
        let norms = self.norms.sorted()
        return ImportReport.Agreement(
            medianCosine: cosines[cosines.count / 2],
            fifthPercentileCosine: cosines[cosines.count / 20],
            leastCosine: cosines[0],
            leastNorm: norms[0],
            medianNorm: norms[norms.count / 2],
            greatestNorm: norms[norms.count - 1]
        )
    }

    func node(_ index: Int, of quantiser: Quantiser) -> ImportReport.Node {
        let layer = network.layers[index]
        let imported = quantiser.network.layers[index]
        let figures = layers[index]
        let statistics = quantiser.statistics[index]
        let bounds = network.quotientBounds(ofLayer: index)
        let weight = layer.terms.flatMap(\.weights).map(\.magnitude).max() ?? 0
        let bias = layer.bias.map(\.magnitude).max() ?? 0
        let table = network.tables[layer.table]
        return ImportReport.Node(
            name: layer.name,
            operators: imported.operators,
            kind: layer.terms[0].kind.description,
            sources: imported.sources.map { $0 == 0 ? "input" : network.layers[$0 - 1].name },
            table: table.description,
            channels: layer.output.channels,
            height: layer.output.height,
            width: layer.output.width,
            positiveRange: statistics.blockPositive,
            negativeRange: statistics.blockNegative,
            floatRange: [figures.floatRange.lowerBound, figures.floatRange.upperBound],
            integerRange: [table.range.lowerBound, table.range.upperBound],
            integersSeen: [figures.activations.lowerBound, figures.activations.upperBound],
            shift: network.shift,
            smallestScale: quantiser.scales[index].min() ?? 0,
            greatestScale: quantiser.scales[index].max() ?? 0,
            scaleRule: quantiser.scaleRule(index),
            limitedChannels: quantiser.limited[index].count,
            saturation: Double(figures.saturated) / Double(layer.output.count * images),
            relativeError: figures.relativeError,
            quotientBounds: [bounds.map(\.lowerBound).min() ?? 0, bounds.map(\.upperBound).max() ?? 0],
            quotientsSeen: [figures.quotients.lowerBound, figures.quotients.upperBound],
            weightBits: bitLength(Int(weight)) + 1,
            biasBits: bitLength(Int(bias)) + 1
        )
    }
}
