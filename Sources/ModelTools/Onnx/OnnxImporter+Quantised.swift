/// The parameters of a QuantizeLinear or DequantizeLinear node.
struct TensorQuantiser: Equatable {
    /// One, or one for each index of `axis`.
    var scales: [Float]
    var zeroPoints: [Int]
    var range: ClosedRange<Int>
    var axis: Int
}

/// Networks that were quantised before: pairs of QuantizeLinear and DequantizeLinear around their operators.
///
/// Weights become floats again, exactly. A quantiser behind a layer's output is remembered with the layer; the integer
/// network takes over its scale and range where its own arithmetic has them (docs/quantisation.md, "Quantised
/// networks").
extension OnnxImporter {
    mutating func addQuantizeLinear(_ node: OnnxNode) throws(ImportError) {
        let quantiser = try tensorQuantiser(node)
        guard let output = node.outputs.first, !output.isEmpty, node.hasInput(0),
            let value = values[node.inputs[0]]
        else { throw .malformed }
        switch value {
        case .constant(let tensor):
            guard let floats = tensor.floats else { throw node.refusal(.tensorTypeUnsupported) }
            let indices = try scaleIndices(tensor, quantiser, node)
            let integers = zip(floats, indices).map { value, index -> Int in
                let steps = (value / quantiser.scales[index]).rounded(.toNearestOrEven)
                // In range of Int, whatever the scale.
                let bounded = Swift.min(Swift.max(steps, -1e6), 1e6)
                return Swift.min(
                    Swift.max(Int(bounded) + quantiser.zeroPoints[index], quantiser.range.lowerBound),
                    quantiser.range.upperBound
                )
            }
            try setOutput(node, .constant(OnnxTensor(dims: tensor.dims, values: .integers(integers))))
        case .activations(let blocks, let isFlat):
            guard quantiser.scales.count == 1 else { throw node.refusal(.unsupportedAttribute("axis")) }
            quantisers[output] = quantiser
            aliases[output] = node.inputs[0]
            try setOutput(node, .activations(blocks: blocks, isFlat: isFlat))
        }
    }

    mutating func addDequantizeLinear(_ node: OnnxNode) throws(ImportError) {
        let quantiser = try tensorQuantiser(node)
        guard let output = node.outputs.first, !output.isEmpty, node.hasInput(0),
            let value = values[node.inputs[0]]
        else { throw .malformed }
        switch value {
        case .constant(let tensor):
            guard let integers = tensor.integers else { throw node.refusal(.tensorTypeUnsupported) }
            let indices = try scaleIndices(tensor, quantiser, node)
            let floats = zip(integers, indices).map { value, index in
                Float(value - quantiser.zeroPoints[index]) * quantiser.scales[index]
            }
            guard floats.allSatisfy(\.isFinite) else { throw node.refusal(.weightsNotFinite) }
            dequantised.insert(output)
            try setOutput(node, .constant(OnnxTensor(dims: tensor.dims, values: .floats(floats))))
        case .activations(let blocks, let isFlat):
            // What was quantised by one scale and is read by another would be a product with a number.
            guard let first = quantisers[node.inputs[0]], first.scales == quantiser.scales,
                first.zeroPoints == quantiser.zeroPoints
            else { throw node.refusal(.unsupportedOperator) }
            setQuantiser(quantiser, node)
            aliases[output] = node.inputs[0]
            try setOutput(node, .activations(blocks: blocks, isFlat: isFlat))
        }
    }

    /// Remembers with a layer how its output is quantised, if whoever reads it reads it so. The input and sums of
    /// blocks have no quantiser: the one is bytes anyway, the others stay exact.
    private mutating func setQuantiser(_ quantiser: TensorQuantiser, _ node: OnnxNode) {
        guard case .activations(let blocks, _)? = self.values[node.inputs[0]], blocks.count == 1, blocks[0] > 0,
            let tensor = aliases[node.inputs[0]], tensor != outputName,
            (consumers[tensor] ?? []).allSatisfy({ nodes[$0].type == "QuantizeLinear" })
        else { return }
        let lower = quantiser.range.lowerBound - quantiser.zeroPoints[0]
        let upper = quantiser.range.upperBound - quantiser.zeroPoints[0]
        let index = blocks[0] - 1
        // Behind a Flatten or a second reader the same quantiser stands again.
        guard network.layers[index].quantiser == nil else { return }
        var given = GivenQuantiser(scale: quantiser.scales[0], lower: lower, upper: upper)
        switch network.layers[index].activation {
        case .none where lower == 0:
            // The exporter has dropped the ReLU: the quantiser cuts off what is negative.
            network.layers[index].activation = .clip(upper: given.scale * Float(upper))
        case .relu, .clip:
            given.lower = Swift.max(lower, 0)
        case .none, .prelu, .quadratic, .gate:
            break
        }
        network.layers[index].quantiser = given
    }

    /// Which scale each entry has.
    private func scaleIndices(
        _ tensor: OnnxTensor,
        _ quantiser: TensorQuantiser,
        _ node: OnnxNode
    ) throws(ImportError) -> [Int] {
        if quantiser.scales.count == 1 { return [Int](repeating: 0, count: tensor.count) }
        let axis = quantiser.axis < 0 ? quantiser.axis + tensor.dims.count : quantiser.axis
        guard tensor.dims.indices.contains(axis), tensor.dims[axis] == quantiser.scales.count else {
            throw node.refusal(.unsupportedAttribute("axis"))
        }
        // The shape's product is the count, so nothing overflows.
        let inner = tensor.dims[(axis + 1)...].reduce(1, *)
        return (0..<tensor.count).map { $0 / inner % quantiser.scales.count }
    }

    private func tensorQuantiser(_ node: OnnxNode) throws(ImportError) -> TensorQuantiser {
        guard node.integer("block_size", default: 0) == 0 else {
            throw node.refusal(.unsupportedAttribute("block_size"))
        }
        let scales = try floats(node, 1)
        guard !scales.isEmpty, scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw node.refusal(.weightsNotFinite)
        }
        var zeroPoints = [Int](repeating: 0, count: scales.count)
        var range = 0...255
        if node.hasInput(2) {
            let tensor = try constant(node, 2)
            guard let integers = tensor.integers, let elements = tensor.elementRange else {
                throw node.refusal(.tensorTypeUnsupported)
            }
            guard integers.count == scales.count else { throw node.refusal(.unsupportedShape) }
            zeroPoints = integers
            range = elements
        } else {
            switch Onnx_TensorProto.DataType(rawValue: node.integer("output_dtype", default: 0)) {
            case .undefined, .uint8: break
            case .int8: range = -128...127
            default: throw node.refusal(.unsupportedAttribute("output_dtype"))
            }
        }
        return TensorQuantiser(
            scales: scales,
            zeroPoints: zeroPoints,
            range: range,
            axis: node.integer("axis", default: 1)
        )
    }
}
