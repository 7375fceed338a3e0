import NetworkProof

/// Turns a calibrated floating-point network into integers: the recipe of docs/quantisation.md.
struct Quantizer {
    static let headroom: Float = 1.2
    /// For depthwise layers that reduce a whole block to one position: their saturation costs most.
    static let globalHeadroom: Float = 3
    private static let maximumRounds = 200

    let network: FloatNetwork
    let statistics: [LayerStatistics]
    let shift: Int
    let tableBits: Int
    /// Whether ``quantize()`` reduces scales; otherwise it refuses.
    let limitsScales: Bool

    /// Output scale of each layer and channel: z is about x times the scale.
    private(set) var scales: [[Double]] = []
    /// Scale of q, per channel: that of z, but for quadratic layers.
    private var quotientScales: [[Double]] = []
    /// Channels whose scale the limiter reduced.
    private(set) var limited: [Set<Int>]
    /// For each layer, the layers with which it shares a scale per channel.
    private var groups: [[Int]]

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
        self.limited = network.layers.map { _ in [] }
        self.groups = Self.sharedScales(network)
        for (index, layer) in network.layers.enumerated() {
            let statistics = statistics[index]
            guard statistics.blockMagnitude > 0, statistics.afterMagnitude > 0 else {
                throw Self.refusal(layer, .neverActive)
            }
            let (scale, quotientScale) = self.initialScales(index)
            guard (scale + quotientScale).allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw Self.refusal(layer, .neverActive)
            }
            self.scales.append(scale)
            self.quotientScales.append(quotientScale)
        }
        for index in network.layers.indices { self.unifyScales(of: index) }
    }

    private static func refusal(_ layer: FloatLayer, _ reason: ImportError.Reason) -> ImportError {
        .refused(node: layer.name, operator: layer.kind == .depthwise ? "depthwise" : "convolution", reason: reason)
    }

    private func isUnsigned(_ index: Int) -> Bool {
        let layer = self.network.layers[index]
        if layer.activation.isUnsigned { return true }
        // An average of values that are not negative is not negative.
        return layer.isFixed && layer.activation == .none
            && layer.sources.allSatisfy { $0 > 0 && self.network.layers[$0 - 1].activation.isUnsigned }
    }

    /// The embedding is compared by angle, and a quadratic layer has one table for all channels.
    private func hasOneScale(_ index: Int) -> Bool {
        index == self.network.layers.count - 1 || self.network.layers[index].hasQuadratic
    }

    private func initialScales(_ index: Int) -> ([Double], [Double]) {
        let layer = self.network.layers[index]
        let statistics = self.statistics[index]
        let channels = 0..<layer.output.channels
        if index == self.network.layers.count - 1 {
            let scale = 127 / Double(self.isUnsigned(index) ? statistics.blockPositive : statistics.blockMagnitude)
            return (channels.map { _ in scale }, channels.map { _ in scale })
        }
        if layer.hasQuadratic {
            let scale = 127 / (Double(Self.headroom) * Double(statistics.afterMagnitude))
            // Half the table for what was seen; the limiter takes care of what was not.
            let range = Double(1 << (self.tableBits - 2))
            let quotientScale = range / (Double(Self.headroom) * Double(statistics.blockMagnitude))
            return (channels.map { _ in scale }, channels.map { _ in quotientScale })
        }
        let isGlobal =
            layer.kind == .depthwise && !layer.isFixed && layer.output.height * layer.output.width == 1
            && layer.kernelHeight * layer.kernelWidth > 1
        let headroom = isGlobal ? Self.globalHeadroom : Self.headroom
        let scales = channels.map { channel in
            if self.isUnsigned(index) {
                var range = headroom * statistics.positive(channel)
                if case .clip(let upper) = layer.activation { range = Swift.min(range, upper) }
                // A layer that never activates has no range of its own.
                return 255 / Double(range > 0 ? range : statistics.blockMagnitude)
            }
            return 127 / Double(headroom * statistics.magnitude(channel))
        }
        return (scales, scales)
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
        let group = self.groups[index]
        guard group.count > 1 else { return }
        for channel in self.scales[index].indices {
            let smallest = group.map { self.scales[$0][channel] }.min() ?? 0
            for member in group {
                self.scales[member][channel] = smallest
                if !self.network.layers[member].hasQuadratic { self.quotientScales[member][channel] = smallest }
            }
        }
    }

    private mutating func reduce(_ index: Int, channel: Int, by ratio: Double) {
        let layer = self.network.layers[index]
        self.limited[index].insert(channel)
        if layer.hasQuadratic {
            // One table for the whole layer.
            for channel in self.quotientScales[index].indices { self.quotientScales[index][channel] *= ratio }
        } else if index == self.network.layers.count - 1 {
            for channel in self.scales[index].indices {
                self.scales[index][channel] *= ratio
                self.quotientScales[index][channel] *= ratio
            }
        } else {
            for member in self.groups[index] {
                self.scales[member][channel] *= ratio
                if !self.network.layers[member].hasQuadratic { self.quotientScales[member][channel] *= ratio }
            }
        }
    }

    /// Builds the integer network; reduces scales until every accumulator that inputs in range allow is in the table.
    mutating func quantize() throws(ImportError) -> IntegerNetwork {
        let ranges = [-128...127] + self.network.layers.indices.map { self.table($0).range }
        let half = Int64(1) << Int64(self.shift - 1)
        let limit = Double(1 << (self.tableBits - 1))
        for _ in 0..<Self.maximumRounds {
            var isStable = true
            for index in self.network.layers.indices {
                let bounds = AccumulatorBounds.intervals(of: try self.layer(index, table: 0)) { ranges[$0] }
                var ratios: [Int: Double] = [:]
                for (channel, bound) in bounds.enumerated() {
                    let lower = Double((bound.lowerBound + half) >> Int64(self.shift))
                    let upper = Double((bound.upperBound + half) >> Int64(self.shift))
                    let ratio = Swift.min(limit / Swift.max(-lower, 1), (limit - 1) / Swift.max(upper, 1))
                    if ratio < 1 { ratios[channel] = ratio }
                }
                guard let (channel, ratio) = ratios.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else {
                    continue
                }
                guard self.limitsScales else {
                    throw Self.refusal(self.network.layers[index], .accumulatorOutsideTable(channel: channel))
                }
                isStable = false
                // A little more than needed, for the rounding of the weights.
                if self.hasOneScale(index) {
                    self.reduce(index, channel: channel, by: ratio * 0.999)
                } else {
                    for (channel, ratio) in ratios { self.reduce(index, channel: channel, by: ratio * 0.999) }
                }
            }
            if isStable { return try self.build() }
        }
        let index = self.limited.firstIndex { !$0.isEmpty } ?? 0
        throw Self.refusal(
            self.network.layers[index],
            .accumulatorOutsideTable(channel: self.limited[index].min() ?? 0)
        )
    }

    private func build() throws(ImportError) -> IntegerNetwork {
        var tables: [ActivationTable] = []
        var layers: [Layer] = []
        for index in self.network.layers.indices {
            let table = self.table(index)
            if !tables.contains(table) { tables.append(table) }
            layers.append(try self.layer(index, table: tables.firstIndex(of: table) ?? 0))
        }
        do {
            return try IntegerNetwork(
                input: self.network.input,
                shift: self.shift,
                tableBits: self.tableBits,
                tables: tables,
                layers: layers
            )
        } catch .accumulatorOutsideTable(let name, let channel) {
            throw .refused(node: name, operator: "layer", reason: .accumulatorOutsideTable(channel: channel))
        } catch {
            throw .model(error)
        }
    }

    /// The table of a layer, with the present scales; its range does not depend on them.
    private func table(_ index: Int) -> ActivationTable {
        let layer = self.network.layers[index]
        if index == self.network.layers.count - 1 {
            return self.isUnsigned(index) ? .clip(lower: 0, upper: 127) : .embedding
        }
        guard case .quadratic(let square, let linear) = layer.activation else {
            return self.isUnsigned(index) ? .unsigned : .signed
        }
        let scale = self.scales[index][0]
        let quotientScale = self.quotientScales[index][0]
        let a = Double(square) * scale / (quotientScale * quotientScale)
        let b = Double(linear) * scale / quotientScale
        // As many fractional bits as the coefficients leave.
        let largest = Double(1 << 31) - 1
        let shift = (1...31).last { Swift.max(a.magnitude, b.magnitude) * Double(1 << $0) <= largest } ?? 1
        let one = Double(1 << shift)
        return .quadratic(
            a: Int((a * one).rounded().clamped(to: largest)),
            b: Int((b * one).rounded().clamped(to: largest)),
            shift: shift,
            lower: -128,
            upper: 127
        )
    }

    /// Layer `index` in integers, with the present scales.
    private func layer(_ index: Int, table: Int) throws(ImportError) -> Layer {
        let layer = self.network.layers[index]
        let source = self.network.shape(ofBlock: layer.sources[0])
        let one = Double(1 << self.shift)
        let inputScales: [Double]
        if layer.sources[0] == 0 {
            inputScales = [Double](repeating: Double(self.network.scale), count: source.channels)
        } else {
            inputScales = self.scales[layer.sources[0] - 1]
        }
        let window = layer.kernelHeight * layer.kernelWidth
        let perOutput = layer.weightsPerOutput

        func integers(_ factor: (Int) -> Double) throws(ImportError) -> [Int32] {
            var weights: [Int32] = []
            weights.reserveCapacity(layer.weights.count)
            for (position, weight) in layer.weights.enumerated() {
                let o = position / perOutput
                let c = layer.kind == .depthwise ? o : position % perOutput / window
                let value = Double(weight) * factor(c) * self.quotientScales[index][o] / inputScales[c] * one
                guard value.magnitude < Double(NetworkLimits.weightMagnitude) else {
                    throw Self.refusal(layer, .weightTooLarge)
                }
                weights.append(Int32(value.rounded()))
            }
            return weights
        }

        func term(_ column: BlockSource.Column, _ weights: [Int32]) -> LinearTerm {
            LinearTerm(
                kind: layer.kind,
                sources: layer.sources.map { BlockSource(block: $0, column: column) },
                kernelHeight: layer.kernelHeight,
                kernelWidth: layer.kernelWidth,
                strideY: layer.strideY,
                strideX: layer.strideX,
                padTop: layer.padTop,
                padLeft: layer.padLeft,
                weights: weights
            )
        }

        var bias: [Int32] = []
        // Zero is pixel 128: the bias carries what the mean differs from it.
        let offset = layer.sources[0] == 0 ? (128 - Double(self.network.mean)) / Double(self.network.scale) : 0
        for o in 0..<layer.output.channels {
            let sum = layer.weights[o * perOutput..<(o + 1) * perOutput].reduce(0.0) { $0 + Double($1) }
            let value = (Double(layer.bias[o]) + offset * sum) * self.quotientScales[index][o] * one
            guard value.magnitude < Double(1 << 30) else { throw Self.refusal(layer, .weightTooLarge) }
            bias.append(Int32(value.rounded()))
        }

        var terms: [LinearTerm]
        if layer.sources.count == 1, layer.sources[0] > 0,
            case .prelu(let slopes) = self.network.layers[layer.sources[0] - 1].activation
        {
            // a z + (1 - a) max(z, 0), through the weights.
            terms = [
                term(.activation, try integers { Double(slopes[$0]) }),
                term(.positivePart, try integers { 1 - Double(slopes[$0]) }),
            ]
        } else {
            terms = [term(.activation, try integers { _ in 1 })]
        }
        return Layer(name: layer.name, terms: terms, bias: bias, output: layer.output, table: table)
    }
}

extension Double {
    fileprivate func clamped(to magnitude: Double) -> Double {
        Swift.min(Swift.max(self, -magnitude), magnitude)
    }
}
