import Foundation
import Models
import SwiftProtobuf

/// Reads an ONNX graph into a ``FloatNetwork``: folds batch normalisation and input scaling, turns dense layers and
/// averages into convolutions, and residual additions into sums of blocks. Refuses, by node name, what it cannot
/// express.
struct OnnxImporter {
    /// What a tensor of the graph is.
    enum Value {
        case constant(OnnxTensor)
        /// The sum of some blocks of one shape; `isFlat` after Flatten, when the ONNX tensor has shape [1, count].
        case activations(blocks: [Int], isFlat: Bool)
    }

    static let maximumBytes = 512 << 20
    /// A residual chain of up to seven columns is read as a plain sum.
    static let maximumSum = 7

    var network: FloatNetwork
    var values: [String: Value] = [:]
    /// Nodes that read a tensor.
    var consumers: [String: [Int]] = [:]
    let nodes: [OnnxNode]
    /// Whether the ONNX input has three planes, of which every grey image makes equal ones.
    let hasThreePlanes: Bool
    /// Tensors that are another tensor under a new name or shape.
    var aliases: [String: String] = [:]
    /// Nodes that a pattern has already dealt with.
    var handled: Set<Int> = []
    let outputName: String
    /// Where tensors are that the file does not hold itself.
    let externalData: OnnxExternalData?
    /// How tensors behind QuantizeLinear are quantised.
    var quantisers: [String: TensorQuantiser] = [:]
    /// Constants that were integers with scales.
    var dequantised: Set<String> = []

    /// - Parameters:
    ///   - mean, scale: the network was trained on (pixel - mean) / scale, pixel in 0...255.
    ///   - isNormalisationStated: whether somebody said so, in which case the network may normalise once more.
    ///   - externalData: where tensors are that the file does not hold itself; nil: such models are refused.
    static func load(
        _ bytes: [UInt8],
        mean: Float,
        scale: Float,
        isNormalisationStated: Bool = true,
        externalData: OnnxExternalData? = nil
    ) throws(ImportError) -> FloatNetwork {
        guard bytes.count <= Self.maximumBytes else { throw .malformed }
        // What the schema leaves out is skipped, not kept: the graph is never written again.
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        let model: Onnx_ModelProto
        do {
            model = try Onnx_ModelProto(serializedBytes: bytes, options: options)
        } catch {
            throw .malformed
        }
        var importer = try OnnxImporter(model, mean: mean, scale: scale, externalData: externalData)
        guard importer.unsupported.isEmpty else { throw importer.refusalOfOperators }
        if !isNormalisationStated { try importer.refuseOwnNormalisation() }
        // Patterns look ahead: their constants have to be known.
        for (index, node) in importer.nodes.enumerated() where importer.isConstant(node) {
            try importer.add(node, index: index)
            importer.handled.insert(index)
        }
        for (index, node) in importer.nodes.enumerated() {
            if !importer.handled.contains(index) { try importer.add(node, index: index) }
            importer.note(node)
        }
        return try importer.finish()
    }

    private init(
        _ model: Onnx_ModelProto,
        mean: Float,
        scale: Float,
        externalData: OnnxExternalData?
    ) throws(ImportError) {
        let set = model.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }
        guard let version = set.map({ Int($0.version) }), model.hasGraph else { throw .notAModel }
        guard 7...24 ~= version else { throw .unsupportedOperatorSet(version) }
        self.externalData = externalData
        let graph = model.graph
        guard graph.sparseInitializer.isEmpty else { throw .malformed }
        guard mean.isFinite, scale.isFinite, scale > 0 else {
            throw .unsupportedInput(found: "(pixel - \(mean)) / \(scale)")
        }

        let nodes = graph.node.enumerated().map { OnnxNode($1, index: $0) }
        guard nodes.count <= 65536 else { throw .malformed }
        self.nodes = nodes
        for initializer in graph.initializer {
            do {
                values[initializer.name] = .constant(try OnnxTensor(initializer, externalData))
            } catch {
                let user = nodes.first { $0.inputs.contains(initializer.name) }
                throw user?.refusal(error) ?? .malformed
            }
        }
        for (index, node) in nodes.enumerated() {
            // Reading the shape is not reading the values.
            guard node.type != "Shape" else { continue }
            for input in node.inputs where !input.isEmpty { consumers[input, default: []].append(index) }
        }
        let constants = Set(values.keys)
        // Every tensor has one origin; patterns and names rely on it.
        let outputs = nodes.flatMap(\.outputs).filter { !$0.isEmpty }
        guard Set(outputs).count == outputs.count, constants.isDisjoint(with: outputs),
            graph.input.allSatisfy({ !outputs.contains($0.name) })
        else { throw .malformed }
        let inputs = graph.input.filter { !constants.contains($0.name) }
        let (input, dims) = try Self.picture(inputs)
        guard graph.output.count == 1, let output = graph.output.first else {
            throw .unsupportedOutput(found: "\(graph.output.count) tensors")
        }
        outputName = output.name
        hasThreePlanes = dims[1] == 3
        network = FloatNetwork(
            input: TensorShape(channels: 1, height: dims[2], width: dims[3]),
            mean: mean,
            scale: scale,
            layers: []
        )
        values[input.name] = .activations(blocks: [0], isFlat: false)
    }

    /// The one input, and its sides.
    private static func picture(
        _ inputs: [Onnx_ValueInfoProto]
    ) throws(ImportError) -> (input: Onnx_ValueInfoProto, sides: [Int]) {
        guard inputs.count == 1, let input = inputs.first else {
            throw .unsupportedInput(found: "\(inputs.count) tensors")
        }
        guard case .tensorType(let type) = input.type.value, isFloat(Int(type.elemType)) else {
            throw .unsupportedInput(found: "no floats")
        }
        let dims = type.shape.dim.map { Int($0.dimValue) }
        guard dims.count == 4, dims[0] <= 1, dims[1] == 1 || dims[1] == 3, 1...NetworkLimits.side ~= dims[2],
            1...NetworkLimits.side ~= dims[3]
        else {
            // A side that is no number has a name, or none.
            let shape = dims.map { $0 > 0 ? "\($0)" : "any" }.joined(separator: ", ")
            let isChannelsLast = dims.count == 4 && (dims[3] == 1 || dims[3] == 3)
            throw .unsupportedInput(found: "[\(shape)]" + (isChannelsLast ? ": export it channels first" : ""))
        }
        return (input, dims)
    }

    /// Whether a tensor of that element type holds floats; networks in halves compute the same numbers, less exactly.
    static func isFloat(_ elementType: Int) -> Bool {
        switch Onnx_TensorProto.DataType(rawValue: elementType) {
        case .float, .float16, .bfloat16: true
        default: false
        }
    }

    /// Drops what the output does not depend on, and ends the network with the layer that computes the output.
    private mutating func finish() throws(ImportError) -> FloatNetwork {
        guard case .activations(let blocks, _) = self.values[self.outputName] else {
            throw .unsupportedOutput(found: "one that does not depend on the picture")
        }
        var output = blocks
        var isEmbedding = blocks.count == 1 && blocks[0] > 0
        if isEmbedding {
            switch network.layers[blocks[0] - 1].activation {
            case .none, .relu, .clip: break
            case .prelu, .quadratic, .gate: isEmbedding = false
            }
        }
        if !isEmbedding {
            guard let node = nodes.last(where: { $0.outputs.contains(self.outputName) }) else {
                throw .unsupportedOutput(found: "its input")
            }
            output = [try materialise(blocks, node: node)]
        }
        let count = network.shape(ofBlock: output[0]).count
        guard 1...NetworkLimits.dimension ~= count else { throw .unsupportedOutput(found: "\(count) entries") }

        var needed = Set<Int>()
        var pending = output
        while let block = pending.popLast() {
            if block > 0, needed.insert(block).inserted {
                pending.append(contentsOf: network.layers[block - 1].sources)
            }
        }
        let kept = needed.sorted()
        guard kept.count <= NetworkLimits.layers else { throw .unsupportedOutput(found: "one of \(kept.count) layers") }
        let renumbered = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0 + 1) })
        network.layers = kept.map { block in
            var layer = network.layers[block - 1]
            layer.sources = layer.sources.map { renumbered[$0] ?? 0 }
            return layer
        }
        return network
    }

    // MARK: Building blocks

    /// The blocks that input `index` of a node is the sum of.
    func activations(_ node: OnnxNode, _ index: Int) throws(ImportError) -> (blocks: [Int], isFlat: Bool) {
        guard node.hasInput(index), let value = values[node.inputs[index]] else { throw .malformed }
        guard case .activations(let blocks, let isFlat) = value else { throw node.refusal(.unsupportedShape) }
        return (blocks, isFlat)
    }

    func constant(_ node: OnnxNode, _ index: Int) throws(ImportError) -> OnnxTensor {
        guard node.hasInput(index), let value = values[node.inputs[index]] else { throw .malformed }
        guard case .constant(let tensor) = value else { throw node.refusal(.notConstant(input: index)) }
        return tensor
    }

    func floats(_ node: OnnxNode, _ index: Int) throws(ImportError) -> [Float] {
        guard let floats = try constant(node, index).floats else { throw node.refusal(.tensorTypeUnsupported) }
        return floats
    }

    func integers(_ node: OnnxNode, _ index: Int) throws(ImportError) -> [Int] {
        guard let integers = try constant(node, index).integers else { throw node.refusal(.tensorTypeUnsupported) }
        return integers
    }

    /// Whether a node computes a constant of constants.
    private func isConstant(_ node: OnnxNode) -> Bool {
        let types: Set = [
            "Constant", "Cast", "Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "QuantizeLinear",
            "DequantizeLinear",
        ]
        return types.contains(node.type)
            && node.inputs.allSatisfy { name in
                if name.isEmpty { return true }
                if case .constant? = self.values[name] { return true }
                return false
            }
    }

    /// Remembers which layer a node became part of.
    private mutating func note(_ node: OnnxNode) {
        guard let output = node.outputs.first, case .activations(let blocks, _)? = self.values[output],
            blocks.count == 1, blocks[0] > 0
        else { return }
        let entry = FloatLayer.Node(name: node.name, type: node.type)
        network.layers[blocks[0] - 1].nodes.append(entry)
        // That one divides by the length, which the importer leaves out.
        if node.type != "LpNormalization" { network.layers[blocks[0] - 1].tensor = output }
    }

    mutating func setOutput(_ node: OnnxNode, _ value: Value) throws(ImportError) {
        guard let name = node.outputs.first, !name.isEmpty else { throw .malformed }
        values[name] = value
    }

    /// Appends a layer and returns its block.
    mutating func append(_ layer: FloatLayer, node: OnnxNode) throws(ImportError) -> Int {
        guard layer.weights.allSatisfy(\.isFinite), layer.bias.allSatisfy(\.isFinite) else {
            throw node.refusal(.weightsNotFinite)
        }
        guard layer.output.height > 0, layer.output.width > 0, layer.output.channels <= NetworkLimits.channels,
            layer.output.height <= NetworkLimits.side, layer.output.width <= NetworkLimits.side,
            layer.output.count <= NetworkLimits.blockCount, network.layers.count < NetworkLimits.layers
        else { throw node.refusal(.limitExceeded) }
        network.layers.append(layer)
        return network.layers.count
    }

    /// A layer that computes weight x + bias per channel of a sum, so that it can be read as one block.
    mutating func appendScaling(
        _ blocks: [Int],
        weights: [Float]? = nil,
        bias: [Float]? = nil,
        node: OnnxNode
    ) throws(ImportError) -> Int {
        let shape = network.shape(ofBlock: blocks[0])
        var layer = FloatLayer(
            name: node.name,
            kind: .depthwise,
            sources: blocks,
            kernelHeight: 1,
            kernelWidth: 1,
            weights: weights ?? [Float](repeating: 1, count: shape.channels),
            bias: bias ?? [Float](repeating: 0, count: shape.channels),
            output: shape
        )
        layer.isFixed = weights == nil
        return try append(layer, node: node)
    }

    mutating func materialise(_ blocks: [Int], node: OnnxNode) throws(ImportError) -> Int {
        try appendScaling(blocks, node: node)
    }

    /// The layer that alone computes input `index` of a node, if only that node reads it and it has no activation yet.
    func openLayer(_ node: OnnxNode, _ index: Int, readers: Int = 1) -> Int? {
        guard case .activations(let blocks, _) = self.values[node.inputs[index]], blocks.count == 1, blocks[0] > 0,
            network.layers[blocks[0] - 1].activation == .none
        else { return nil }
        var name: String? = node.inputs[index]
        var expected = readers
        while let tensor = name {
            guard consumers[tensor]?.count == expected, tensor != outputName else { return nil }
            name = aliases[tensor]
            expected = 1
        }
        return blocks[0]
    }
}
