@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

/// Random small networks with every feature of the integer graph, whose accumulators fit the table.
struct RandomNetwork {
    private var generator: SeededGenerator
    private let shift: Int
    private let tables: [ActivationTable]
    private var layers: [Layer] = []
    private var shapes: [TensorShape]
    private var ranges: [ClosedRange<Int>] = [-128...127]

    static func make(input: TensorShape, layers count: Int, seed: UInt64) throws -> IntegerNetwork {
        var random = RandomNetwork(input: input, seed: seed)
        for _ in 0..<count { random.addLayer() }
        random.addEmbedding()
        return try IntegerNetwork(
            input: input,
            shift: random.shift,
            tableBits: 15,
            tables: random.tables,
            layers: random.layers
        )
    }

    private init(input: TensorShape, seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
        self.shift = Int.random(in: 2...12, using: &self.generator)
        self.tables = [
            .unsigned, .signed, .embedding, .quadratic(a: 5000, b: -70000, shift: 20, lower: -128, upper: 127),
            .gate(a: 40000, b: 3000, c: 6000, shift: 32, lower: -24, upper: 255),
        ]
        self.shapes = [input]
    }

    private mutating func weights(_ count: Int, fanIn: Int) -> [Int32] {
        // Worst case: every product at its extreme, eight sources, two terms; half of the table is left to the bias.
        let largest = Swift.max(1, (1 << (13 + self.shift)) / (fanIn * 255 * 16))
        return (0..<count).map { _ in Int32.random(in: -Int32(largest)...Int32(largest), using: &self.generator) }
    }

    private mutating func addLayer() {
        let block = Int.random(in: 0..<self.shapes.count, using: &self.generator)
        let source = self.shapes[block]
        let alike = self.shapes.indices.filter { self.shapes[$0] == source }
        var sources = [BlockSource(block: block)]
        for other in alike where Bool.random(using: &self.generator) && sources.count < 4 {
            sources.append(BlockSource(block: other))
        }
        let isDepthwise = Bool.random(using: &self.generator)
        let kernelHeight = Int.random(in: 1...Swift.min(4, source.height), using: &self.generator)
        let kernelWidth = Int.random(in: 1...Swift.min(4, source.width), using: &self.generator)
        let strideY = Int.random(in: 1...3, using: &self.generator)
        let strideX = Int.random(in: 1...3, using: &self.generator)
        let padTop = Int.random(in: 0..<kernelHeight, using: &self.generator)
        let padLeft = Int.random(in: 0..<kernelWidth, using: &self.generator)
        let padBottom = Int.random(in: 0..<kernelHeight, using: &self.generator)
        let padRight = Int.random(in: 0..<kernelWidth, using: &self.generator)
        let output = TensorShape(
            channels: isDepthwise ? source.channels : [1, 3, 4, 5, 7, 8, 9].randomElement(using: &self.generator) ?? 1,
            height: (source.height + padTop + padBottom - kernelHeight) / strideY + 1,
            width: (source.width + padLeft + padRight - kernelWidth) / strideX + 1
        )
        let fanIn = (isDepthwise ? 1 : source.channels) * kernelHeight * kernelWidth
        var term = LinearTerm(
            kind: isDepthwise ? .depthwise : .convolution,
            sources: sources,
            kernelHeight: kernelHeight,
            kernelWidth: kernelWidth,
            strideY: strideY,
            strideX: strideX,
            padTop: padTop,
            padLeft: padLeft,
            weights: self.weights(output.channels * fanIn, fanIn: fanIn)
        )
        var terms = [term]
        if term.sources.allSatisfy({ $0.block > 0 }), Bool.random(using: &self.generator) {
            term.sources = term.sources.map { BlockSource(block: $0.block, column: .positivePart) }
            term.weights = self.weights(output.channels * fanIn, fanIn: fanIn)
            terms.append(term)
        }
        self.append(terms, output: output, table: [0, 1, 3, 4].randomElement(using: &self.generator) ?? 0)
    }

    private mutating func addEmbedding() {
        let source = self.shapes[self.shapes.count - 1]
        let outputs = Int.random(in: 1...17, using: &self.generator)
        let term = LinearTerm(
            kind: .convolution,
            sources: [BlockSource(block: self.shapes.count - 1)],
            kernelHeight: source.height,
            kernelWidth: source.width,
            weights: self.weights(outputs * source.count, fanIn: source.count)
        )
        self.append([term], output: TensorShape(channels: outputs, height: 1, width: 1), table: 2)
    }

    private mutating func append(_ terms: [LinearTerm], output: TensorShape, table: Int) {
        let largest = Int32(1) << Int32(self.shift + 7)
        let bias = (0..<output.channels).map { _ in Int32.random(in: -largest...largest, using: &self.generator) }
        self.layers.append(
            Layer(name: "layer \(self.layers.count)", terms: terms, bias: bias, output: output, table: table)
        )
        self.shapes.append(output)
        self.ranges.append(self.tables[table].range)
    }
}
