import Testing

@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

@Suite struct OnnxImporterTests {
    /// conv "first" -> the node under test -> dense "last".
    private func sandwich(
        _ type: String,
        inputs: [String] = ["a"],
        attributes: [Onnx_AttributeProto] = [],
        prepare: (inout OnnxBuilder) -> Void = { _ in }
    ) -> OnnxBuilder {
        var builder = OnnxBuilder()
        builder.convolution("first", "input", "a", [4, 1, 3, 3])
        prepare(&builder)
        builder.node(type, "suspect", inputs, "b", attributes)
        builder.convolution("last", "b", "c", [5, 4, 1, 1])
        builder.node("GlobalAveragePool", "pool", ["c"], "d")
        builder.setOutput("d")
        return builder
    }

    private func expectRefusal(
        _ builder: OnnxBuilder,
        node: String = "suspect",
        _ type: String,
        _ reason: ImportError.Reason,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: ImportError.refused(node: node, operator: type, reason: reason), sourceLocation: location) {
            try builder.load()
        }
    }

    @Test func reluIsAccepted() throws {
        let network = try self.sandwich("Relu").load()
        #expect(network.layers.map(\.name) == ["first", "last", "pool"])
        #expect(network.layers[0].activation == .relu)
        #expect(network.layers[2].isFixed)
    }

    @Test(arguments: ["MaxPool", "Resize", "Elu", "QLinearConv", "com.example.Relu"])
    func unsupportedOperatorsAreRefusedByNodeName(type: String) {
        #expect(throws: ImportError.operatorsRefused(node: "suspect", counts: [type: 1])) {
            try self.sandwich(type).load()
        }
        self.expectRefusal(self.sandwich("Transpose"), "Transpose", .unsupportedOperator)
    }

    @Test func allUnsupportedOperatorsAreNamedAtOnceWithARemedy() {
        var builder = self.sandwich("MaxPool")
        builder.node("MaxPool", "again", ["a"], "more")
        builder.node("Loop", "third", ["more"], "most")
        let error = #expect(throws: ImportError.self) { try builder.load() }
        #expect(
            error.map { "\($0)" }
                == "node 'suspect' is refused; not supported are Loop; MaxPool (2 nodes): retrain with a "
                + "strided convolution or AveragePool"
        )
    }

    @Test(arguments: ["Sigmoid", "HardSigmoid", "Softplus", "Exp", "Softmax"])
    func activationsThatMoveZeroAreRefusedByNodeName(type: String) {
        self.expectRefusal(self.sandwich(type), type, .activationNotZeroAtZero)
    }

    @Test func clipMustKeepZero() throws {
        let clip = { (lower: Float, upper: Float) in
            self.sandwich("Clip", attributes: [OnnxBuilder.float("min", lower), OnnxBuilder.float("max", upper)])
        }
        self.expectRefusal(clip(1, 6), "Clip", .activationNotZeroAtZero)
        self.expectRefusal(clip(-1, 1), "Clip", .unsupportedAttribute("min"))
        self.expectRefusal(clip(0, -1), "Clip", .unsupportedAttribute("max"))
        let network = try clip(0, 6).load()
        #expect(network.layers[0].activation == .clip(upper: 6))
        self.expectRefusal(self.sandwich("Clip"), "Clip", .activationNotZeroAtZero)
    }

    @Test func attributesThatChangeTheMeaningAreRefused() {
        func conv(_ attributes: [Onnx_AttributeProto]) -> OnnxBuilder {
            self.sandwich("Conv", inputs: ["a", "w"], attributes: attributes) { builder in
                builder.constant("w", [4, 4, 3, 3], [Float](repeating: 0.1, count: 144))
            }
        }
        self.expectRefusal(
            conv([OnnxBuilder.integers("dilations", [2, 2])]),
            "Conv",
            .unsupportedAttribute("dilations")
        )
        self.expectRefusal(conv([OnnxBuilder.text("auto_pad", "FULL")]), "Conv", .unsupportedAttribute("auto_pad"))
        self.expectRefusal(conv([OnnxBuilder.integers("strides", [0, 1])]), "Conv", .unsupportedAttribute("strides"))
        self.expectRefusal(conv([OnnxBuilder.integers("pads", [-1, 0, 0, 0])]), "Conv", .unsupportedAttribute("pads"))
        self.expectRefusal(conv([OnnxBuilder.integers("pads", [3, 0, 0, 0])]), "Conv", .unsupportedAttribute("pads"))
        self.expectRefusal(conv([OnnxBuilder.integer("group", 3)]), "Conv", .unsupportedShape)
        self.expectRefusal(conv([OnnxBuilder.integer("group", 0)]), "Conv", .unsupportedShape)
        let pads = [OnnxBuilder.integers("kernel_shape", [3, 3]), OnnxBuilder.integers("pads", [1, 1, 1, 1])]
        self.expectRefusal(
            self.sandwich("AveragePool", attributes: pads),
            "AveragePool",
            .unsupportedAttribute("count_include_pad")
        )
    }

    @Test func parametersMustBeConstantFiniteAndFloat() {
        var builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].floatData[5] = .nan
        self.expectRefusal(builder, node: "first", "Conv", .weightsNotFinite)
        builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].floatData.removeLast()
        self.expectRefusal(builder, node: "first", "Conv", .tensorMalformed)
        builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].dims[0] = 1 << 40
        self.expectRefusal(builder, node: "first", "Conv", .limitExceeded)
        builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].dims = [-1, 1, 3, 3]
        self.expectRefusal(builder, node: "first", "Conv", .limitExceeded)
        builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].dataLocation = .external
        self.expectRefusal(builder, node: "first", "Conv", .externalData("only a model in a file can have one"))
        builder = self.sandwich("Relu")
        builder.model.graph.initializer[0].dataType = 8
        self.expectRefusal(builder, node: "first", "Conv", .tensorTypeUnsupported)
        self.expectRefusal(self.sandwich("Conv", inputs: ["a", "a"]), "Conv", .notConstant(input: 1))
        self.expectRefusal(self.sandwich("Mul", inputs: ["a", "input"]), "Mul", .unsupportedOperator)
    }

    @Test func graphsWithoutOneImageInputAreRefused() throws {
        func refusal(_ change: (inout OnnxBuilder) -> Void) -> String? {
            var builder = self.sandwich("Relu")
            change(&builder)
            do {
                _ = try builder.load()
                return nil
            } catch {
                return "\(error)"
            }
        }
        let taken = "the model must take one float tensor of shape [1, 1 or 3, height, width], and takes "
        #expect(refusal { $0.addInput("second", [1, 1, 8, 8]) } == taken + "2 tensors")
        for (dims, found) in [
            ([1, 2, 8, 8], "[1, 2, 8, 8]"), ([2, 1, 8, 8], "[2, 1, 8, 8]"), ([1, 1, 0, 8], "[1, 1, any, 8]"),
            ([1, 1, 8, 1 << 20], "[1, 1, 8, 1048576]"), ([1, 1, 8], "[1, 1, 8]"),
            ([1, 8, 8, 3], "[1, 8, 8, 3]: export it channels first"),
        ] {
            let words = refusal { builder in
                builder.model.graph.input = []
                builder.addInput("input", dims)
            }
            #expect(words == taken + found)
        }
        #expect(
            refusal { $0.setOutput("nothing") }?.hasSuffix("and gives one that does not depend on the picture") == true
        )
        #expect(
            refusal { $0.model.opsetImport[0].version = 6 } == "\(ImportError.unsupportedOperatorSet(6))"
        )
        let bytes = try self.sandwich("Relu").bytes()
        #expect(throws: ImportError.unsupportedInput(found: "(pixel - 0.0) / 0.0")) {
            try OnnxImporter.load(bytes, mean: 0, scale: 0)
        }
    }

    @Test func aNetworkThatNormalisesIsAskedAboutUnlessSomebodySaid() throws {
        var builder = OnnxBuilder(channels: 1)
        builder.constant("mean", [1], [127.5])
        builder.node("Sub", "centre", ["input", "mean"], "centred")
        builder.convolution("conv", "centred", "out", [2, 1, 8, 8])
        builder.setOutput("out")
        let bytes = try builder.bytes()
        #expect(throws: ImportError.normalisesItself(node: "centre", operator: "Sub")) {
            try OnnxImporter.load(bytes, mean: 127.5, scale: 127.5, isNormalisationStated: false)
        }
        _ = try OnnxImporter.load(bytes, mean: 0, scale: 1, isNormalisationStated: true)
        _ = try OnnxImporter.load(
            try self.sandwich("Relu").bytes(),
            mean: 127.5,
            scale: 127.5,
            isNormalisationStated: false
        )
    }

    @Test func threeEqualPlanesFoldIntoOne() throws {
        var builder = OnnxBuilder(channels: 3)
        builder.convolution("first", "input", "a", [2, 3, 3, 3])
        builder.node("GlobalAveragePool", "pool", ["a"], "b")
        builder.setOutput("b")
        let network = try builder.load()
        let weights = builder.model.graph.initializer[0].floatData
        #expect(network.layers[0].weights.count == 18)
        for o in 0..<2 {
            for k in 0..<9 {
                let sum = weights[o * 27 + k] + weights[o * 27 + 9 + k] + weights[o * 27 + 18 + k]
                #expect(network.layers[0].weights[o * 9 + k] == sum)
            }
        }
        var grouped = OnnxBuilder(channels: 3)
        grouped.convolution("first", "input", "a", [3, 1, 3, 3], attributes: [OnnxBuilder.integer("group", 3)])
        grouped.setOutput("a")
        self.expectRefusal(grouped, node: "first", "Conv", .inputPlanesDiffer)
    }

    @Test func truncatedAndMutatedFilesAreRefusedOrImported() throws {
        let bytes = try self.sandwich("Relu").bytes()
        var generator = SeededGenerator(seed: 8)
        for count in stride(from: 0, to: bytes.count, by: 3) {
            _ = try? OnnxImporter.load(Array(bytes[..<count]), mean: 127.5, scale: 127.5)
        }
        for _ in 0..<1500 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                mutant[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            _ = try? OnnxImporter.load(mutant, mean: 127.5, scale: 127.5)
        }
        #expect(throws: ImportError.malformed) { try OnnxImporter.load([0xFF, 0xFF, 0xFF], mean: 127.5, scale: 127.5) }
    }

    // MARK: Quantisation

    private func inputs(_ network: FloatNetwork, count: Int = 40) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 21)
        return (0..<count).map { _ in
            // Smooth, so that sums do not average out.
            let base = Int.random(in: 0...200, using: &generator)
            return (0..<network.input.count).map { _ in UInt8(base + Int.random(in: 0...55, using: &generator)) }
        }
    }

    private func quantise(
        _ network: FloatNetwork,
        shift: Int = 12,
        tableBits: Int = 15,
        limitsScales: Bool = true
    ) throws -> (IntegerNetwork, Quantiser, QuantisationCheck) {
        let inputs = self.inputs(network)
        let (statistics, _) = Calibrator.run(network, inputs: inputs) { _ in }
        var quantiser = try Quantiser(
            network,
            statistics: statistics,
            shift: shift,
            tableBits: tableBits,
            limitsScales: limitsScales
        )
        let integers = try quantiser.quantise()
        let check = try QuantisationCheck(integers, of: network, scales: quantiser.scales, inputs: inputs) { _ in }
        return (integers, quantiser, check)
    }

    @Test func quantisedNetworkIsCloseToTheFloatingPointOne() throws {
        let (integers, _, check) = try self.quantise(try self.sandwich("Relu").load())
        #expect(check.agreement.medianCosine > 0.999)
        #expect(integers.tables.map(\.range) == [0...255, -128...127, -127...127])
    }

    @Test func scalesAreReducedUntilEveryAccumulatorFitsItsTable() throws {
        let network = try self.sandwich("Relu").load()
        let (wide, unlimited, _) = try self.quantise(network)
        #expect(!unlimited.limited.contains { !$0.isEmpty })
        // A table of 2^10 rows is too small for the calibrated scales.
        let needed = wide.layers.indices.flatMap { wide.quotientBounds(ofLayer: $0) }
        try #require(needed.contains { $0.upperBound > 511 || $0.lowerBound < -512 })
        let (narrow, limited, check) = try self.quantise(network, tableBits: 10)
        #expect(limited.limited.contains { !$0.isEmpty })
        for index in narrow.layers.indices {
            for bound in narrow.quotientBounds(ofLayer: index) {
                #expect(-512...511 ~= bound.lowerBound && -512...511 ~= bound.upperBound)
            }
        }
        #expect(check.agreement.medianCosine > 0.99)
    }

    @Test func summandsShareOneScalePerChannel() throws {
        var builder = OnnxBuilder()
        builder.convolution("a", "input", "a", [3, 1, 3, 3], scale: 1)
        builder.convolution("b", "input", "b", [3, 1, 3, 3], scale: 9)
        builder.node("Add", "sum", ["a", "b"], "c")
        builder.convolution("last", "c", "d", [4, 3, 6, 6])
        builder.setOutput("d")
        let network = try builder.load()
        #expect(network.layers[2].sources == [1, 2])
        let (integers, quantiser, check) = try self.quantise(network)
        #expect(quantiser.scales[0] == quantiser.scales[1])
        #expect(integers.layers[2].terms[0].sources == [BlockSource(block: 1), BlockSource(block: 2)])
        #expect(check.agreement.medianCosine > 0.99)
    }

    @Test func preluIsReadThroughTwoColumns() throws {
        let builder = self.sandwich("LeakyRelu", attributes: [OnnxBuilder.float("alpha", 0.25)])
        let (integers, _, check) = try self.quantise(try builder.load())
        #expect(integers.tables[integers.layers[0].table] == .signed)
        #expect(integers.layers[1].terms.map { $0.sources[0].column } == [.activation, .positivePart])
        // Weights for a = 1/4: the second column's are three times the first's, up to rounding.
        for (first, second) in zip(integers.layers[1].terms[0].weights, integers.layers[1].terms[1].weights) {
            #expect(abs(Int(second) - 3 * Int(first)) <= 2)
        }
        #expect(check.agreement.medianCosine > 0.999)
    }

    @Test func networkThatIsAlwaysZeroIsRefusedByNodeName() throws {
        var builder = OnnxBuilder()
        builder.constant("w", [2, 1, 3, 3], [Float](repeating: 0, count: 18))
        builder.node("Conv", "dead", ["input", "w"], "a")
        builder.node("GlobalAveragePool", "pool", ["a"], "b")
        builder.setOutput("b")
        let network = try builder.load()
        #expect(throws: ImportError.refused(node: "dead", operator: "convolution", reason: .neverActive)) {
            try self.quantise(network)
        }
    }

    @Test func accumulatorOutsideTheTableIsRefusedByNodeName() throws {
        let network = try self.sandwich("Relu").load()
        let (integers, quantiser, _) = try self.quantise(network, tableBits: 10)
        // The first layer that the limiter would touch, and some channel of it.
        let index = try #require(quantiser.limited.firstIndex { !$0.isEmpty })
        #expect {
            _ = try self.quantise(network, tableBits: 10, limitsScales: false)
        } throws: { error in
            guard case ImportError.refused(let node, _, .accumulatorOutsideTable(let channel)) = error else {
                return false
            }
            return node == network.layers[index].name && quantiser.limited[index].contains(channel)
        }
        // The network refuses it too, from the integers alone.
        var layers = integers.layers
        layers[1].bias[2] += 1 << 25
        #expect(throws: ModelError.accumulatorOutsideTable(name: "last", channel: 2)) {
            try IntegerNetwork(
                input: integers.input,
                shift: integers.shift,
                tableBits: integers.tableBits,
                tables: integers.tables,
                layers: layers
            )
        }
    }

    @Test func percentilesAreThoseOfTheSortedStream() {
        var generator = SeededGenerator(seed: 2)
        for (count, quantile) in [(1, 0.9999), (10, 0.5), (1000, 0.99), (20011, 0.9999), (5000, 0.0)] {
            let values = (0..<count).map { _ in Float.random(in: -5...5, using: &generator) }
            var tail = UpperTail(count: count, quantile: quantile)
            for value in values { tail.insert(value) }
            let sorted = values.sorted()
            let rank = quantile * Double(count - 1)
            let low = sorted[Int(rank)]
            let high = sorted[Swift.min(Int(rank) + 1, count - 1)]
            #expect(abs(tail.percentile - (low + Float(rank - Double(Int(rank))) * (high - low))) < 1e-5)
        }
    }
}
