import Models

/// Dense layers, and scalings by channel that are folded into the layer before.
extension OnnxImporter {
    mutating func addGemm(_ node: OnnxNode) throws(ImportError) {
        let matrix = try constant(node, 1)
        guard node.integer("transA", default: 0) == 0 else { throw node.refusal(.unsupportedAttribute("transA")) }
        let alpha = node.float("alpha", default: 1)
        let beta = node.float("beta", default: 1)
        let bias = node.hasInput(2) ? try floats(node, 2).map { $0 * beta } : nil
        try addDense(
            node,
            matrix: matrix,
            isTransposed: node.integer("transB", default: 0) != 0,
            alpha: alpha,
            bias: bias
        )
    }

    mutating func addMatMul(_ node: OnnxNode) throws(ImportError) {
        try addDense(node, matrix: try constant(node, 1), isTransposed: false, alpha: 1, bias: nil)
    }

    /// A dense layer is a convolution with a kernel as large as its source: ONNX flattens in the order of its weights.
    mutating func addDense(
        _ node: OnnxNode,
        matrix: OnnxTensor,
        isTransposed: Bool,
        alpha: Float,
        bias: [Float]?
    ) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        let source = network.shape(ofBlock: blocks[0])
        guard isFlat, matrix.dims.count == 2, let entries = matrix.floats, !(blocks == [0] && hasThreePlanes)
        else {
            throw node.refusal(.unsupportedShape)
        }
        let (outputs, inputs) = isTransposed ? (matrix.dims[0], matrix.dims[1]) : (matrix.dims[1], matrix.dims[0])
        guard inputs == source.count, outputs > 0 else { throw node.refusal(.unsupportedShape) }
        var weights = [Float](repeating: 0, count: outputs * inputs)
        for o in 0..<outputs {
            for i in 0..<inputs {
                weights[o * inputs + i] = alpha * entries[isTransposed ? o * inputs + i : i * outputs + o]
            }
        }
        let biases = bias.map { $0.count == 1 ? [Float](repeating: $0[0], count: outputs) : $0 }
        guard biases.map({ $0.count == outputs }) ?? true else { throw node.refusal(.unsupportedShape) }
        let block = try append(
            FloatLayer(
                name: node.name,
                kind: .convolution,
                sources: blocks,
                kernelHeight: source.height,
                kernelWidth: source.width,
                weights: weights,
                bias: biases ?? [Float](repeating: 0, count: outputs),
                output: TensorShape(channels: outputs, height: 1, width: 1),
                hasGivenWeights: dequantised.contains(node.inputs[1])
            ),
            node: node
        )
        try setOutput(node, .activations(blocks: [block], isFlat: true))
    }

    mutating func addBatchNormalization(_ node: OnnxNode) throws(ImportError) {
        let scale = try floats(node, 1)
        let shift = try floats(node, 2)
        let mean = try floats(node, 3)
        let variance = try floats(node, 4)
        let epsilon = node.float("epsilon", default: 1e-5)
        guard shift.count == scale.count, mean.count == scale.count, variance.count == scale.count else {
            throw node.refusal(.unsupportedShape)
        }
        guard variance.allSatisfy({ $0 + epsilon > 0 }) else { throw node.refusal(.varianceNotPositive) }
        let weights = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
        let bias = zip(shift, zip(mean, weights)).map { $0 - $1.0 * $1.1 }
        try addScaling(node, input: 0, weights: weights, bias: bias)
    }

    /// weights x + bias, per channel or with one entry for all: into the layer before, the input's scale, or a layer.
    mutating func addScaling(
        _ node: OnnxNode,
        input: Int,
        weights: [Float],
        bias: [Float]
    ) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, input)
        let shape = network.shape(ofBlock: blocks[0])
        if blocks == [0] {
            guard let weight = weights.first, let offset = bias.first, weights.allSatisfy({ $0 == weight }),
                bias.allSatisfy({ $0 == offset })
            else { throw node.refusal(.inputPlanesDiffer) }
            guard consumers[node.inputs[input]]?.count == 1, weight > 0, weight.isFinite, offset.isFinite else {
                throw node.refusal(.unsupportedShape)
            }
            // w (p - mean) / scale + b = (p - (mean - b scale / w)) / (scale / w).
            network.mean -= offset * network.scale / weight
            network.scale /= weight
            try setOutput(node, .activations(blocks: [0], isFlat: isFlat))
            return
        }
        func perChannel(_ values: [Float]) -> [Float]? {
            if values.count == 1 { return [Float](repeating: values[0], count: shape.channels) }
            return values.count == shape.channels ? values : nil
        }
        guard !isFlat || shape.height * shape.width == 1 || (weights.count == 1 && bias.count == 1),
            let weights = perChannel(weights), let bias = perChannel(bias)
        else { throw node.refusal(.unsupportedShape) }
        if let block = openLayer(node, input) {
            let perOutput = network.layers[block - 1].weightsPerOutput
            for o in 0..<shape.channels {
                for index in o * perOutput..<(o + 1) * perOutput {
                    network.layers[block - 1].weights[index] *= weights[o]
                }
                network.layers[block - 1].bias[o] = network.layers[block - 1].bias[o] * weights[o] + bias[o]
            }
            network.layers[block - 1].isFixed = false
            network.layers[block - 1].quantiser = nil
            guard network.layers[block - 1].weights.allSatisfy(\.isFinite),
                network.layers[block - 1].bias.allSatisfy(\.isFinite)
            else { throw node.refusal(.weightsNotFinite) }
            try setOutput(node, .activations(blocks: [block], isFlat: isFlat))
        } else {
            let block = try appendScaling(blocks, weights: weights, bias: bias, node: node)
            try setOutput(node, .activations(blocks: [block], isFlat: isFlat))
        }
    }
}
