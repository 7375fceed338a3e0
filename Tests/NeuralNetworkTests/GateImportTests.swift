import Testing

@testable import ModelTools

/// HardSwish and quantised graphs, node by node.
@Suite struct GateImportTests {
    private func start() -> OnnxBuilder {
        var builder = OnnxBuilder()
        builder.convolution("first", "input", "a", [4, 1, 3, 3])
        builder.constant("three", [], [3])
        builder.constant("zero", [], [0])
        builder.constant("six", [], [6])
        return builder
    }

    private func end(_ builder: inout OnnxBuilder, _ tensor: String) {
        builder.convolution("last", tensor, "y", [5, 4, 6, 6])
        builder.setOutput("y")
    }

    @Test func gateThatIsReadElsewhereIsNoPattern() throws {
        var builder = self.start()
        builder.node("HardSigmoid", "gate", ["a"], "g", [OnnxBuilder.float("alpha", 1 / 6)])
        builder.node("Mul", "product", ["a", "g"], "b")
        var plain = builder
        self.end(&plain, "b")
        #expect(try plain.load().layers[0].activation == .gate(slope: 1 / 6, offset: 0.5))
        // The sum needs the gate's own value.
        builder.node("Add", "sum", ["b", "g"], "c")
        self.end(&builder, "c")
        #expect(throws: ImportError.refused(node: "gate", operator: "HardSigmoid", reason: .activationNotZeroAtZero)) {
            try builder.load()
        }
    }

    @Test func gateOfAnotherTensorIsNoPattern() {
        var builder = self.start()
        builder.convolution("other", "input", "o", [4, 1, 3, 3], scale: 2)
        builder.node("HardSigmoid", "gate", ["a"], "g", [OnnxBuilder.float("alpha", 1 / 6)])
        builder.node("Mul", "product", ["o", "g"], "b")
        self.end(&builder, "b")
        #expect(throws: ImportError.refused(node: "gate", operator: "HardSigmoid", reason: .activationNotZeroAtZero)) {
            try builder.load()
        }
    }

    @Test func gateMustOpenToOneAndLetZeroBe() {
        for (alpha, beta) in [(Float(0), Float(0.5)), (-0.2, 0.5), (0.2, 0), (0.2, 1.5)] {
            var builder = self.start()
            builder.node(
                "HardSigmoid",
                "gate",
                ["a"],
                "g",
                [OnnxBuilder.float("alpha", alpha), OnnxBuilder.float("beta", beta)]
            )
            builder.node("Mul", "product", ["g", "a"], "b")
            self.end(&builder, "b")
            let expected = ImportError.refused(
                node: "gate",
                operator: "HardSigmoid",
                reason: .unsupportedAttribute("alpha")
            )
            #expect(throws: expected) { try builder.load() }
        }
        // Divided by five, it opens to 1.2.
        var builder = self.start()
        builder.constant("five", [], [5])
        builder.node("Add", "shifted", ["a", "three"], "s")
        builder.node("Clip", "clip", ["s", "zero", "six"], "g")
        builder.node("Mul", "product", ["a", "g"], "p")
        builder.node("Div", "quotient", ["p", "five"], "b")
        self.end(&builder, "b")
        #expect(throws: ImportError.refused(node: "product", operator: "Mul", reason: .unsupportedOperator)) {
            try builder.load()
        }
    }

    @Test func gateOnATensorWithOtherReadersIsACopy() throws {
        var builder = self.start()
        builder.node("HardSwish", "swish", ["a"], "b")
        builder.node("Add", "sum", ["a", "b"], "c")
        self.end(&builder, "c")
        let network = try builder.load()
        #expect(network.layers[0].activation == .none)
        #expect(network.layers[1].activation == .gate(slope: 1 / 6, offset: 0.5))
        #expect(network.layers[1].isFixed)
    }

    @Test func tablesOfAGateFollowTheFloatingPointFunction() throws {
        var builder = self.start()
        builder.node("HardSwish", "swish", ["a"], "b")
        self.end(&builder, "b")
        let network = try builder.load()
        var generator = SeededGenerator(seed: 4)
        let inputs = (0..<20).map { _ in (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) } }
        let (statistics, _) = Calibrator.run(network, inputs: inputs) { _ in }
        var quantiser = try Quantiser(network, statistics: statistics, shift: 12, tableBits: 15)
        let integers = try quantiser.quantise()
        let table = integers.tables[integers.layers[0].table]
        guard case .gate(_, let b, let c, _, let lower, 255) = table else {
            Issue.record("\(table)")
            return
        }
        // The scale of q is c / 6, a power of two.
        let scale = Double(c) / 6
        #expect(abs(scale - 1.5 * Double(b) / 4.5) < 1 && (b - c / 2).magnitude <= 1)
        let z = quantiser.scales[0][0]
        for q in stride(from: -16384, to: 16384, by: 7) {
            let x = Double(q) / scale
            let exact = z * x * Swift.min(Swift.max(x + 3, 0), 6) / 6
            let expected = Swift.min(Swift.max(exact, Double(lower)), 255)
            #expect(abs(Double(table.value(at: q)) - expected) <= 0.6)
        }
    }

    // MARK: Quantised graphs

    private static func bytes(
        _ name: String,
        _ dims: [Int],
        _ values: [Int],
        type: Int32 = 2
    ) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        tensor.name = name
        tensor.dims = dims.map { Int64($0) }
        tensor.dataType = type
        tensor.int32Data = values.map { Int32($0) }
        return tensor
    }

    /// conv (8-bit weights) -> quantiser -> dense.
    private func quantised(zeroPoint: Int, type: Int32, scale: Float = 0.05) -> OnnxBuilder {
        var builder = OnnxBuilder()
        let weights = (0..<36).map { ($0 * 47) % 255 - 127 }
        builder.model.graph.initializer.append(Self.bytes("w", [4, 1, 3, 3], weights, type: 3))
        builder.constant("ws", [4], [0.01, 0.02, 0.005, 0.01])
        builder.model.graph.initializer.append(Self.bytes("wz", [4], [0, 1, 0, -3], type: 3))
        builder.node("DequantizeLinear", "weights", ["w", "ws", "wz"], "wf", [OnnxBuilder.integer("axis", 0)])
        builder.node("Conv", "first", ["input", "wf"], "a")
        builder.constant("s", [], [scale])
        builder.model.graph.initializer.append(Self.bytes("z", [], [zeroPoint], type: type))
        builder.node("QuantizeLinear", "q", ["a", "s", "z"], "aq")
        builder.node("DequantizeLinear", "dq", ["aq", "s", "z"], "b")
        builder.convolution("last", "b", "y", [5, 4, 6, 6])
        builder.setOutput("y")
        return builder
    }

    @Test func weightsBecomeTheFloatsThatTheyStandFor() throws {
        let network = try self.quantised(zeroPoint: 0, type: 3).load()
        let scales: [Float] = [0.01, 0.02, 0.005, 0.01]
        let zeros = [0, 1, 0, -3]
        #expect(network.layers[0].hasGivenWeights && !network.layers[1].hasGivenWeights)
        for (index, weight) in network.layers[0].weights.enumerated() {
            let channel = index / 9
            #expect(weight == Float((index * 47) % 255 - 127 - zeros[channel]) * scales[channel])
        }
    }

    @Test func quantisersAreTakenOverAsTablesWhereThereAreSuch() throws {
        let cases: [(zeroPoint: Int, type: Int32, table: ClosedRange<Int>, isGiven: Bool)] = [
            (0, 3, -128...127, true), (128, 2, -128...127, true), (0, 2, 0...255, true), (-128, 3, 0...255, true),
            (100, 2, -128...127, false), (-20, 3, -128...127, false),
        ]
        for (zeroPoint, type, table, isGiven) in cases {
            let network = try self.quantised(zeroPoint: zeroPoint, type: type).load()
            #expect(network.layers.count == 2)
            var generator = SeededGenerator(seed: 9)
            let inputs = (0..<20).map { _ in (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) } }
            let (statistics, _) = Calibrator.run(network, inputs: inputs) { _ in }
            var quantiser = try Quantiser(network, statistics: statistics, shift: 12, tableBits: 15)
            let integers = try quantiser.quantise()
            #expect(integers.tables[integers.layers[0].table].range == table)
            #expect(quantiser.scaleRule(0).contains("as given") == isGiven)
            #expect(quantiser.scaleRule(0).contains("quantised anew") == !isGiven)
            // Where the table and the scale are the graph's, so are the activations, but for roundings of weights.
            guard isGiven else { continue }
            for input in inputs.prefix(5) {
                let block = try integers.trace(input).blocks[1]
                _ = network.run(input) { layer, _, after in
                    guard layer == 0 else { return }
                    for (value, float) in zip(block, after) { #expect(abs(Float(value) - float / 0.05) <= 1.01) }
                }
            }
        }
    }

    @Test func malformedQuantisersAreRefusedByNodeName() throws {
        func expect(_ node: String, _ type: String, _ reason: ImportError.Reason, _ change: (inout OnnxBuilder) -> Void)
        {
            var builder = self.quantised(zeroPoint: 0, type: 3)
            change(&builder)
            #expect(throws: ImportError.refused(node: node, operator: type, reason: reason)) { try builder.load() }
        }
        func index(_ name: String, _ builder: OnnxBuilder) -> Int {
            builder.model.graph.initializer.firstIndex { $0.name == name } ?? 0
        }
        expect("weights", "DequantizeLinear", .weightsNotFinite) {
            $0.model.graph.initializer[index("ws", $0)].floatData[1] = 0
        }
        expect("weights", "DequantizeLinear", .unsupportedShape) {
            $0.model.graph.initializer[index("wz", $0)] = Self.bytes("wz", [3], [0, 1, 2], type: 3)
        }
        expect("weights", "DequantizeLinear", .unsupportedAttribute("axis")) {
            $0.model.graph.node[0].attribute = [OnnxBuilder.integer("axis", 1)]
        }
        expect("weights", "DequantizeLinear", .unsupportedAttribute("block_size")) {
            $0.model.graph.node[0].attribute.append(OnnxBuilder.integer("block_size", 2))
        }
        expect("q", "QuantizeLinear", .unsupportedAttribute("axis")) {
            $0.model.graph.node[2].input = ["a", "ws", "wz"]
        }
        expect("q", "QuantizeLinear", .tensorTypeUnsupported) {
            $0.model.graph.initializer[index("z", $0)].dataType = 7
            $0.model.graph.initializer[index("z", $0)].int64Data = [0]
        }
        // Quantised by one scale, read by another.
        expect("dq", "DequantizeLinear", .unsupportedOperator) { builder in
            builder.constant("s2", [], [0.06])
            builder.model.graph.node[3].input = ["aq", "s2", "z"]
        }
        var builder = self.quantised(zeroPoint: 0, type: 3)
        builder.model.graph.node[3].output = ["a"]
        #expect(throws: ImportError.malformed) { try builder.load() }
    }
}
