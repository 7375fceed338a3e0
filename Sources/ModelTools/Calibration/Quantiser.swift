import Foundation
import IntegerNetwork

/// Turns a calibrated floating-point network into integers: the recipe of docs/quantisation.md.
struct Quantiser {
    static let headroom: Float = 1.2
    /// For depthwise layers that reduce a whole block to one position: their saturation costs most.
    static let globalHeadroom: Float = 3
    private static let maximumRounds = 200

    let network: FloatNetwork
    let statistics: [LayerStatistics]
    let shift: Int
    let tableBits: Int
    /// Whether ``quantise()`` reduces scales; otherwise it refuses.
    let limitsScales: Bool

    /// Output scale of each layer and channel: z is about x times the scale.
    private(set) var scales: [[Double]] = []
    /// Scale of q, per channel: that of z, but for curved activations.
    private(set) var quotientScales: [[Double]] = []
    /// Channels whose scale the limiter reduced.
    private(set) var limited: [Set<Int>]
    /// For each layer, the layers with which it shares a scale per channel.
    private(set) var groups: [[Int]]

    init(
        _ network: FloatNetwork,
        statistics: [LayerStatistics],
        shift: Int,
        tableBits: Int,
        limitsScales: Bool = true
    ) throws(ImportError) {
        self.network = network
        self.statistics = statistics
        self.shift = shift
        self.tableBits = tableBits
        self.limitsScales = limitsScales
        limited = network.layers.map { _ in [] }
        groups = Self.sharedScales(network)
        for (index, layer) in network.layers.enumerated() {
            let statistics = statistics[index]
            guard statistics.blockMagnitude > 0, statistics.afterMagnitude > 0 else {
                throw Self.refusal(layer, .neverActive)
            }
            let (scale, quotientScale) = initialScales(index)
            guard (scale + quotientScale).allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw Self.refusal(layer, .neverActive)
            }
            scales.append(scale)
            quotientScales.append(quotientScale)
        }
        for index in network.layers.indices { unifyScales(of: index) }
    }

    static func refusal(_ layer: FloatLayer, _ reason: ImportError.Reason) -> ImportError {
        .refused(node: layer.name, operator: layer.kind == .depthwise ? "depthwise" : "convolution", reason: reason)
    }

    func isUnsigned(_ index: Int) -> Bool {
        let layer = network.layers[index]
        if layer.activation.isUnsigned { return true }
        // An average of values that are not negative is not negative.
        return layer.isFixed && layer.activation == .none
            && layer.sources.allSatisfy { $0 > 0 && network.layers[$0 - 1].activation.isUnsigned }
    }

    /// The embedding is compared by angle, and a curved activation has one table for all channels.
    private func hasOneScale(_ index: Int) -> Bool {
        index == network.layers.count - 1 || network.layers[index].activation.isCurved
    }

    /// The quantiser of the imported graph, where the integer network has a table of that range for the layer.
    func givenQuantiser(_ index: Int) -> GivenQuantiser? {
        let layer = network.layers[index]
        guard let quantiser = layer.quantiser else { return nil }
        // PReLU's table is read before the slopes, in two columns.
        if layer.activation.isPRelu { return nil }
        // What is added up has one scale: calibrated by channel that is finer than the coarsest of the graph's.
        guard groups[index].allSatisfy({ network.layers[$0].quantiser?.scale == quantiser.scale }) else {
            return nil
        }
        // Every range is a table of its own, and the proof pays for tables: only the usual ones.
        let ranges = index == network.layers.count - 1 ? [-128...127, -127...127, 0...127] : Self.givenRanges
        return ranges.contains(quantiser.lower...quantiser.upper) ? quantiser : nil
    }

    private static let givenRanges = [0...255, 0...127, -128...127, -127...127]

    private func initialScales(_ index: Int) -> ([Double], [Double]) {
        let layer = network.layers[index]
        let statistics = self.statistics[index]
        let channels = 0..<layer.output.channels
        let given = givenQuantiser(index).map { 1 / Double($0.scale) }
        if layer.activation.isCurved {
            let (scale, quotientScale) = curvedScales(index, given: given)
            return (channels.map { _ in scale }, channels.map { _ in quotientScale })
        }
        if let given { return (channels.map { _ in given }, channels.map { _ in given }) }
        if index == network.layers.count - 1 {
            let scale = 127 / Double(isUnsigned(index) ? statistics.blockPositive : statistics.blockMagnitude)
            return (channels.map { _ in scale }, channels.map { _ in scale })
        }
        let headroom = self.headroom(index)
        let scales = channels.map { channel in
            if isUnsigned(index) {
                var range = headroom * statistics.positive(channel)
                if case .clip(let upper) = layer.activation { range = Swift.min(range, upper) }
                // A layer that never activates has no range of its own.
                return 255 / Double(range > 0 ? range : statistics.blockMagnitude)
            }
            var range = headroom * statistics.magnitude(channel)
            // Beyond the graph's own range nothing is read; a PReLU's is behind its slopes.
            if let quantiser = layer.quantiser, !layer.activation.isPRelu {
                range = Swift.min(range, quantiser.scale * Float(Swift.max(-quantiser.lower, quantiser.upper)))
            }
            return 127 / Double(range)
        }
        return (scales, scales)
    }

    func headroom(_ index: Int) -> Float { isGlobalDepthwise(index) ? Self.globalHeadroom : Self.headroom }

    private func isGlobalDepthwise(_ index: Int) -> Bool {
        let layer = network.layers[index]
        return layer.kind == .depthwise && !layer.isFixed && layer.output.height * layer.output.width == 1
            && layer.kernelHeight * layer.kernelWidth > 1
    }

    /// Scales of z and q on both sides of a curve.
    private func curvedScales(_ index: Int, given: Double?) -> (Double, Double) {
        let layer = network.layers[index]
        let statistics = self.statistics[index]
        // Half the table for what was seen; the limiter takes care of what was not.
        let quotientScale =
            Double(1 << (tableBits - 2)) / Double(Self.headroom * statistics.blockMagnitude)
        guard case .gate(let slope, let offset) = layer.activation else {
            return (given ?? 127 / Double(Self.headroom * statistics.afterMagnitude), quotientScale)
        }
        let positive = statistics.afterPositive > 0 ? statistics.afterPositive : statistics.afterMagnitude
        let scale = Swift.min(255 / Double(Self.headroom * positive), 128 / Self.depth(slope, offset))
        // Coarse steps, so that layers have tables in common: the proof pays for each.
        return (
            given ?? pow(2, (log2(scale) * 2).rounded(.down) / 2), pow(2, log2(quotientScale).rounded(.down))
        )
    }

    /// How far a gate's activation goes below zero.
    static func depth(_ slope: Float, _ offset: Float) -> Double {
        Double(offset) * Double(offset) / (4 * Double(slope))
    }

    /// Blocks that are added up must have one scale per channel.
    private static func sharedScales(_ network: FloatNetwork) -> [[Int]] {
        var parent = Array(0...network.layers.count)
        func root(_ block: Int) -> Int {
            var block = block
            while parent[block] != block { block = parent[block] }
            return block
        }
        for layer in network.layers {
            for source in layer.sources.dropFirst() { parent[root(source)] = root(layer.sources[0]) }
        }
        let members = Dictionary(grouping: 1..<network.layers.count + 1, by: root)
        return (1..<network.layers.count + 1).map { members[root($0), default: [$0]].map { $0 - 1 } }
    }

    private mutating func unifyScales(of index: Int) {
        let group = groups[index]
        guard group.count > 1 else { return }
        for channel in scales[index].indices {
            let smallest = group.map { scales[$0][channel] }.min() ?? 0
            for member in group {
                scales[member][channel] = smallest
                if !network.layers[member].activation.isCurved { quotientScales[member][channel] = smallest }
            }
        }
    }

    private mutating func reduce(_ index: Int, channel: Int, by ratio: Double) {
        let layer = network.layers[index]
        limited[index].insert(channel)
        if layer.activation.isCurved {
            // One table for the whole layer; a gate's scale of q is a power of two.
            var ratio = ratio
            if case .gate = layer.activation { ratio = pow(2, log2(ratio).rounded(.down)) }
            for channel in quotientScales[index].indices { quotientScales[index][channel] *= ratio }
        } else if index == network.layers.count - 1 {
            for channel in scales[index].indices {
                scales[index][channel] *= ratio
                quotientScales[index][channel] *= ratio
            }
        } else {
            for member in groups[index] {
                scales[member][channel] *= ratio
                if !network.layers[member].activation.isCurved { quotientScales[member][channel] *= ratio }
            }
        }
    }

    /// Builds the integer network; reduces scales until every accumulator that inputs in range allow is in the table.
    mutating func quantise() throws(ImportError) -> IntegerNetwork {
        let ranges = [-128...127] + network.layers.indices.map { table($0).range }
        let half = Int64(1) << Int64(shift - 1)
        let limit = Double(1 << (tableBits - 1))
        for _ in 0..<Self.maximumRounds {
            var isStable = true
            for index in network.layers.indices {
                let bounds = AccumulatorBounds.intervals(of: try layer(index, table: 0)) { ranges[$0] }
                var ratios: [Int: Double] = [:]
                for (channel, bound) in bounds.enumerated() {
                    let lower = Double((bound.lowerBound + half) >> Int64(shift))
                    let upper = Double((bound.upperBound + half) >> Int64(shift))
                    let ratio = Swift.min(limit / Swift.max(-lower, 1), (limit - 1) / Swift.max(upper, 1))
                    if ratio < 1 { ratios[channel] = ratio }
                }
                guard let (channel, ratio) = ratios.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else {
                    continue
                }
                guard limitsScales else {
                    throw Self.refusal(network.layers[index], .accumulatorOutsideTable(channel: channel))
                }
                isStable = false
                // A little more than needed, for the rounding of the weights.
                if hasOneScale(index) {
                    reduce(index, channel: channel, by: ratio * 0.999)
                } else {
                    for (channel, ratio) in ratios { reduce(index, channel: channel, by: ratio * 0.999) }
                }
            }
            if isStable { return try build() }
        }
        let index = limited.firstIndex { !$0.isEmpty } ?? 0
        throw Self.refusal(
            network.layers[index],
            .accumulatorOutsideTable(channel: limited[index].min() ?? 0)
        )
    }
}
