import IntegerNetwork
import Models

/// The integers: tables, weights and biases with the scales that were chosen.
extension Quantiser {
    /// The integer network with the present scales.
    func build() throws(ImportError) -> IntegerNetwork {
        var tables: [ActivationTable] = []
        var layers: [Layer] = []
        for index in network.layers.indices {
            let table = self.table(index)
            if !tables.contains(table) { tables.append(table) }
            guard tables.count <= NetworkLimits.tables else {
                throw Self.refusal(network.layers[index], .limitExceeded)
            }
            layers.append(try layer(index, table: tables.firstIndex(of: table) ?? 0))
        }
        do {
            return try IntegerNetwork(
                input: network.input,
                shift: shift,
                tableBits: tableBits,
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
    func table(_ index: Int) -> ActivationTable {
        let layer = network.layers[index]
        if index == network.layers.count - 1 {
            return isUnsigned(index) ? .clip(lower: 0, upper: 127) : .embedding
        }
        let scale = scales[index][0]
        let quotientScale = quotientScales[index][0]
        let given = givenQuantiser(index)
        switch layer.activation {
        case .quadratic(let square, let linear):
            let a = Double(square) * scale / (quotientScale * quotientScale)
            let b = Double(linear) * scale / quotientScale
            let shift = Self.fractionalBits(Swift.max(a.magnitude, b.magnitude), most: 31)
            return .quadratic(
                a: Self.fixedPoint(a, shift),
                b: Self.fixedPoint(b, shift),
                shift: shift,
                lower: given?.lower ?? -128,
                upper: given?.upper ?? 127
            )
        case .gate(let slope, let offset):
            // x (slope x + offset), x = q / Q, opens fully at q + b = c.
            let c = quotientScale / Double(slope)
            let a = scale * Double(slope) / (quotientScale * quotientScale)
            let shift = Self.fractionalBits(a, most: 62)
            let depth = Swift.min(128, (scale * Self.depth(slope, offset)).rounded(.up))
            return .gate(
                a: Self.fixedPoint(a, shift),
                b: Self.fixedPoint(Double(offset) * c, 0),
                c: Swift.max(Self.fixedPoint(c, 0), 1),
                shift: shift,
                lower: given?.lower ?? -Int(depth),
                upper: given?.upper ?? 255
            )
        case .none, .relu, .clip, .prelu:
            if let given { return .clip(lower: given.lower, upper: given.upper) }
            return isUnsigned(index) ? .unsigned : .signed
        }
    }

    /// As many fractional bits as a coefficient leaves of 31.
    private static func fractionalBits(_ coefficient: Double, most: Int) -> Int {
        (1...most).last { coefficient * Double(1 << $0) <= Self.largestCoefficient } ?? 1
    }

    private static func fixedPoint(_ value: Double, _ shift: Int) -> Int {
        Int((value * Double(1 << shift)).rounded().clamped(to: Self.largestCoefficient))
    }

    private static let largestCoefficient = Double(1 << 31) - 1

    /// Layer `index` in integers, with the present scales.
    func layer(_ index: Int, table: Int) throws(ImportError) -> Layer {
        let layer = self.network.layers[index]
        let source = self.network.shape(ofBlock: layer.sources[0])
        let one = Double(1 << shift)
        let inputScales: [Double]
        if layer.sources[0] == 0 {
            inputScales = [Double](repeating: Double(self.network.scale), count: source.channels)
        } else {
            inputScales = scales[layer.sources[0] - 1]
        }
        let window = layer.kernelHeight * layer.kernelWidth
        let perOutput = layer.weightsPerOutput

        func integers(_ factor: (Int) -> Double) throws(ImportError) -> [Int32] {
            var weights: [Int32] = []
            weights.reserveCapacity(layer.weights.count)
            for (position, weight) in layer.weights.enumerated() {
                let o = position / perOutput
                let c = layer.kind == .depthwise ? o : position % perOutput / window
                let value = Double(weight) * factor(c) * quotientScales[index][o] / inputScales[c] * one
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
            let value = (Double(layer.bias[o]) + offset * sum) * quotientScales[index][o] * one
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
