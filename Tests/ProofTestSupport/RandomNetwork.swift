import Models

/// A small network with random weights, run by the plainest possible code: the oracle of the proof tests.
struct RandomNetwork {
    var description: NetworkDescription
    var parameters: NetworkParameters

    /// What a layer of a test network is.
    struct Plan {
        var sources: [[BlockSource]]
        var kind = NetworkDescription.Term.Kind.convolution
        var channels: Int
        var kernel = (3, 3)
        var stride = (1, 1)
        var pad = (1, 1)
        var table = 0
    }

    static let tables: [ActivationTable] = [.unsigned, .signed, .embedding]

    /// - Parameters:
    ///   - shift: s.
    ///   - weightBound: magnitude of the weights; the quotient tables are as wide as they must be.
    init(input: TensorShape, shift: Int = 4, weightBound: Int32 = 5, plans: [Plan], headStart: Int = 0, seed: UInt64) {
        var random = SplitMix(state: seed)
        var shapes = [input]
        var layers: [NetworkDescription.Layer] = []
        var weights: [[[Int32]]] = []
        var biases: [[Int32]] = []
        var bounds = Self.tables.map { _ in 0 }
        for plan in plans {
            var terms: [NetworkDescription.Term] = []
            var termWeights: [[Int32]] = []
            var output = input
            var fanIn = 0
            for sources in plan.sources {
                let source = shapes[sources[0].block]
                output = TensorShape(
                    channels: plan.channels,
                    height: (source.height + 2 * plan.pad.0 - plan.kernel.0) / plan.stride.0 + 1,
                    width: (source.width + 2 * plan.pad.1 - plan.kernel.1) / plan.stride.1 + 1
                )
                terms.append(
                    NetworkDescription.Term(
                        kind: plan.kind,
                        sources: sources,
                        kernelHeight: plan.kernel.0,
                        kernelWidth: plan.kernel.1,
                        strideY: plan.stride.0,
                        strideX: plan.stride.1,
                        padTop: plan.pad.0,
                        padLeft: plan.pad.1
                    )
                )
                let perOutput = plan.kernel.0 * plan.kernel.1 * (plan.kind == .depthwise ? 1 : source.channels)
                fanIn += perOutput * sources.count
                termWeights.append(
                    (0..<perOutput * plan.channels).map { _ in
                        Int32.random(in: -weightBound...weightBound, using: &random)
                    }
                )
            }
            layers.append(
                NetworkDescription.Layer(name: "layer\(layers.count)", terms: terms, output: output, table: plan.table)
            )
            weights.append(termWeights)
            biases.append((0..<plan.channels).map { _ in Int32.random(in: -200...200, using: &random) })
            shapes.append(output)
            let largest = (fanIn * Int(weightBound) * 255 + 200) >> shift + 1
            bounds[plan.table] = max(bounds[plan.table], largest)
        }
        description = NetworkDescription(
            input: input,
            shift: shift,
            tables: zip(Self.tables, bounds).map {
                NetworkDescription.Table(activation: $0, quotients: -max($1, 1)...max($1, 1))
            },
            headStart: headStart,
            layers: layers
        )
        parameters = NetworkParameters(weights: weights, biases: biases)
    }

    func randomInput(seed: UInt64) -> [Int16] {
        var random = SplitMix(state: seed)
        return (0..<description.input.count).map { _ in Int16.random(in: -128...127, using: &random) }
    }

    /// Runs the network.
    ///
    /// - Parameters:
    ///   - rounding: what is added before the division by 2^s, besides half of it; 0 in an honest run.
    ///   - accumulate: changes a layer's accumulators.
    ///   - activate: changes a layer's activations, which the layers after it then read.
    func trace(
        _ input: [Int16],
        rounding: Int32 = 0,
        accumulate: (_ layer: Int, inout [Int32]) -> Void = { _, _ in },
        activate: (_ layer: Int, inout [Int16]) -> Void = { _, _ in }
    ) -> NetworkTraceValues {
        var trace = NetworkTraceValues(blocks: [input], accumulators: [])
        for (index, layer) in description.layers.enumerated() {
            var accumulators: [Int32] = []
            for o in 0..<layer.output.channels {
                for y in 0..<layer.output.height {
                    for x in 0..<layer.output.width {
                        var sum = parameters.biases[index][o]
                        for (term, geometry) in layer.terms.enumerated() {
                            sum += value(geometry, parameters.weights[index][term], trace.blocks, o, y, x)
                        }
                        accumulators.append(sum)
                    }
                }
            }
            accumulate(index, &accumulators)
            let half = Int32(1) << Int32(description.shift - 1) + rounding
            let activation = description.tables[layer.table].activation
            var block = accumulators.map {
                Int16(activation.value(at: Int(($0 + half) >> Int32(description.shift))))
            }
            activate(index, &block)
            trace.blocks.append(block)
            trace.accumulators.append(accumulators)
        }
        return trace
    }

    private func value(
        _ term: NetworkDescription.Term,
        _ weights: [Int32],
        _ blocks: [[Int16]],
        _ o: Int,
        _ y: Int,
        _ x: Int
    ) -> Int32 {
        let shape = description.shape(ofBlock: term.sources[0].block)
        var sum: Int32 = 0
        for c in term.kind == .depthwise ? o..<o + 1 : 0..<shape.channels {
            for i in 0..<term.kernelHeight {
                for j in 0..<term.kernelWidth {
                    let row = term.strideY * y + i - term.padTop
                    let column = term.strideX * x + j - term.padLeft
                    guard 0..<shape.height ~= row, 0..<shape.width ~= column else { continue }
                    let outer = term.kind == .depthwise ? c : o * shape.channels + c
                    let weight = weights[(outer * term.kernelHeight + i) * term.kernelWidth + j]
                    for source in term.sources {
                        let value = Int32(blocks[source.block][(c * shape.height + row) * shape.width + column])
                        sum += weight * (source.column == .positivePart ? max(value, 0) : value)
                    }
                }
            }
        }
        return sum
    }
}

/// Vigna's splitmix64: the same numbers on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
