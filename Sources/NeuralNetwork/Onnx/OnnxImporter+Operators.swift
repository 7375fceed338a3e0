import NetworkProof

extension OnnxImporter {
    /// Translates one node. The operators that are missing here are the refusal list of docs/quantisation.md.
    mutating func add(_ node: OnnxNode, index: Int) throws(ImportError) {
        switch node.type {
        case "Conv": try addConvolution(node)
        case "Gemm": try addGemm(node)
        case "MatMul": try addMatMul(node)
        case "BatchNormalization": try addBatchNormalization(node)
        case "Add", "Sub", "Mul", "Div": try addArithmetic(node, index: index)
        case "Pow": try addPower(node, index: index)
        case "Relu": try apply(.relu, node)
        case "Clip": try addClip(node)
        case "PRelu": try addPRelu(node)
        case "LeakyRelu": try addLeakyRelu(node)
        case "AveragePool", "GlobalAveragePool": try addAveragePool(node)
        case "ReduceMean": try addReduceMean(node)
        case "Flatten", "Reshape", "Squeeze": try addReshape(node)
        case "Identity", "Dropout": try addIdentity(node)
        case "LpNormalization": try addNormalization(node)
        case "Constant": try addConstant(node)
        case "HardSwish": try addHardSwish(node)
        case "HardSigmoid": try addHardSigmoid(node, index: index)
        case "QuantizeLinear": try addQuantizeLinear(node)
        case "DequantizeLinear": try addDequantizeLinear(node)
        case "Transpose": try addTranspose(node)
        case "Cast" where self.isFloatCast(node): try addIdentity(node)
        case "Shape", "Gather", "Unsqueeze", "Concat", "Cast": try addShapeArithmetic(node)
        case "Sigmoid", "Softplus", "Exp", "Cos", "Softmax", "LogSoftmax":
            throw node.refusal(.activationNotZeroAtZero)
        default: throw node.refusal(.unsupportedOperator)
        }
    }

    // MARK: Linear

    private mutating func addConvolution(_ node: OnnxNode) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        let kernel = try constant(node, 1)
        guard !isFlat, kernel.dims.count == 4, var weights = kernel.floats, kernel.count > 0 else {
            throw node.refusal(.unsupportedShape)
        }
        let source = network.shape(ofBlock: blocks[0])
        let readsPlanes = blocks == [0] && hasThreePlanes
        let channels = readsPlanes ? 3 : source.channels
        var group = node.integer("group", default: 1)
        let (outputs, kernelHeight, kernelWidth) = (kernel.dims[0], kernel.dims[2], kernel.dims[3])
        guard group >= 1, channels % group == 0, outputs % group == 0, kernel.dims[1] == channels / group,
            kernelHeight <= NetworkLimits.kernelSide, kernelWidth <= NetworkLimits.kernelSide
        else { throw node.refusal(.unsupportedShape) }
        guard node.integers("dilations")?.allSatisfy({ $0 == 1 }) ?? true else {
            throw node.refusal(.unsupportedAttribute("dilations"))
        }
        var kind = LinearTerm.Kind.convolution
        if readsPlanes {
            // Equal grey planes: the sum of the three kernels reads one.
            guard group == 1 else { throw node.refusal(.inputPlanesDiffer) }
            let window = kernelHeight * kernelWidth
            weights = (0..<outputs * window).map { index in
                let base = index / window * 3 * window + index % window
                return weights[base] + weights[base + window] + weights[base + 2 * window]
            }
        } else if group > 1, group == channels, outputs == channels {
            kind = .depthwise
            group = 1
        }
        if group > 1 {
            weights = try expandGroups(weights, group: group, channels: channels, kernel: kernel, node: node)
        }
        let geometry = try self.geometry(node, source: source, kernelHeight: kernelHeight, kernelWidth: kernelWidth)
        let bias = node.hasInput(2) ? try floats(node, 2) : [Float](repeating: 0, count: outputs)
        guard bias.count == outputs else { throw node.refusal(.unsupportedShape) }
        let block = try append(
            FloatLayer(
                name: node.name,
                kind: kind,
                sources: blocks,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                strideY: geometry.strideY,
                strideX: geometry.strideX,
                padTop: geometry.padTop,
                padLeft: geometry.padLeft,
                weights: weights,
                bias: bias,
                output: TensorShape(channels: outputs, height: geometry.height, width: geometry.width),
                hasGivenWeights: dequantised.contains(node.inputs[1])
            ),
            node: node
        )
        try setOutput(node, .activations(blocks: [block], isFlat: false))
    }

    /// A grouped kernel as a dense one with zeros between the groups.
    private func expandGroups(
        _ weights: [Float],
        group: Int,
        channels: Int,
        kernel: OnnxTensor,
        node: OnnxNode
    ) throws(ImportError) -> [Float] {
        let outputs = kernel.dims[0]
        let window = kernel.dims[2] * kernel.dims[3]
        guard outputs * channels <= NetworkLimits.weights / Swift.max(window, 1) else {
            throw node.refusal(.limitExceeded)
        }
        let run = channels / group * window
        var dense = [Float](repeating: 0, count: outputs * channels * window)
        for o in 0..<outputs {
            let start = o * channels * window + o / (outputs / group) * run
            dense.replaceSubrange(start..<start + run, with: weights[o * run..<(o + 1) * run])
        }
        return dense
    }

    private struct Geometry {
        var strideY: Int
        var strideX: Int
        var padTop: Int
        var padLeft: Int
        var height: Int
        var width: Int
        /// Whether any row or column is padded.
        var isPadded: Bool
    }

    private func geometry(
        _ node: OnnxNode,
        source: TensorShape,
        kernelHeight: Int,
        kernelWidth: Int
    ) throws(ImportError) -> Geometry {
        let strides = node.integers("strides") ?? [1, 1]
        guard strides.count == 2, strides.allSatisfy({ 1...NetworkLimits.stride ~= $0 }) else {
            throw node.refusal(.unsupportedAttribute("strides"))
        }
        let pads = try self.pads(node, source: source, kernel: [kernelHeight, kernelWidth], strides: strides)
        guard pads.count == 4, 0..<kernelHeight ~= pads[0], 0..<kernelHeight ~= pads[2], 0..<kernelWidth ~= pads[1],
            0..<kernelWidth ~= pads[3]
        else { throw node.refusal(.unsupportedAttribute("pads")) }
        let spareHeight = source.height + pads[0] + pads[2] - kernelHeight
        let spareWidth = source.width + pads[1] + pads[3] - kernelWidth
        guard spareHeight >= 0, spareWidth >= 0 else { throw node.refusal(.unsupportedShape) }
        return Geometry(
            strideY: strides[0],
            strideX: strides[1],
            padTop: pads[0],
            padLeft: pads[1],
            height: spareHeight / strides[0] + 1,
            width: spareWidth / strides[1] + 1,
            isPadded: pads.contains { $0 != 0 }
        )
    }

    /// Top, left, bottom and right. SAME_UPPER and SAME_LOWER pad so that ceil(size / stride) windows fit, the odd one
    /// of them at the end or at the beginning (ONNX, Conv-11).
    private func pads(
        _ node: OnnxNode,
        source: TensorShape,
        kernel: [Int],
        strides: [Int]
    ) throws(ImportError) -> [Int] {
        let mode = node.text("auto_pad", default: "NOTSET")
        switch mode {
        case "NOTSET", "": return node.integers("pads") ?? [0, 0, 0, 0]
        case "VALID": return [0, 0, 0, 0]
        case "SAME_UPPER", "SAME_LOWER": break
        default: throw node.refusal(.unsupportedAttribute("auto_pad"))
        }
        let sizes = [source.height, source.width]
        let totals = [0, 1].map { axis in
            let windows = (sizes[axis] + strides[axis] - 1) / strides[axis]
            return Swift.max(0, (windows - 1) * strides[axis] + kernel[axis] - sizes[axis])
        }
        let first = totals.map { mode == "SAME_UPPER" ? $0 / 2 : $0 - $0 / 2 }
        return first + [totals[0] - first[0], totals[1] - first[1]]
    }

    private mutating func addGemm(_ node: OnnxNode) throws(ImportError) {
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

    private mutating func addMatMul(_ node: OnnxNode) throws(ImportError) {
        try addDense(node, matrix: try constant(node, 1), isTransposed: false, alpha: 1, bias: nil)
    }

    /// A dense layer is a convolution with a kernel as large as its source: ONNX flattens in the order of its weights.
    private mutating func addDense(
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

    private mutating func addBatchNormalization(_ node: OnnxNode) throws(ImportError) {
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
    private mutating func addScaling(
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

    // MARK: Element by element

    private mutating func addArithmetic(_ node: OnnxNode, index: Int) throws(ImportError) {
        guard node.hasInput(0), node.hasInput(1), let left = self.values[node.inputs[0]],
            let right = self.values[node.inputs[1]]
        else { throw .malformed }
        if let pattern = gatePattern(node, index: index) { return try addGate(node, pattern) }
        switch (left, right) {
        case (.activations(let blocks, let isFlat), .activations(let others, let otherIsFlat)):
            if node.type == "Mul", node.inputs[0] == node.inputs[1] {
                return try addSquare(node, index: index, readers: 2)
            }
            guard node.type == "Add" else { throw node.refusal(.unsupportedOperator) }
            guard isFlat == otherIsFlat,
                network.shape(ofBlock: blocks[0]) == network.shape(ofBlock: others[0])
            else { throw node.refusal(.unsupportedShape) }
            try addSum(node, blocks, others, isFlat: isFlat)
        case (.activations(let blocks, let isFlat), .constant(let tensor)):
            let values = try channelValues(tensor, blocks: blocks, isFlat: isFlat, node: node)
            let ones = [Float](repeating: 1, count: values.count)
            let zeros = [Float](repeating: 0, count: values.count)
            switch node.type {
            case "Add": try addScaling(node, input: 0, weights: ones, bias: values)
            case "Sub": try addScaling(node, input: 0, weights: ones, bias: values.map { -$0 })
            case "Mul": try addScaling(node, input: 0, weights: values, bias: zeros)
            default: try addScaling(node, input: 0, weights: values.map { 1 / $0 }, bias: zeros)
            }
        case (.constant(let tensor), .activations(let blocks, let isFlat)):
            let values = try channelValues(tensor, blocks: blocks, isFlat: isFlat, node: node)
            let ones = [Float](repeating: 1, count: values.count)
            let zeros = [Float](repeating: 0, count: values.count)
            switch node.type {
            case "Add": try addScaling(node, input: 1, weights: ones, bias: values)
            case "Sub": try addScaling(node, input: 1, weights: ones.map { -$0 }, bias: values)
            case "Mul": try addScaling(node, input: 1, weights: values, bias: zeros)
            default: throw node.refusal(.unsupportedOperator)
            }
        case (.constant, .constant):
            throw node.refusal(.unsupportedOperator)
        }
    }

    /// A constant that broadcasts along rows and columns: one entry, or one per channel.
    private func channelValues(
        _ tensor: OnnxTensor,
        blocks: [Int],
        isFlat: Bool,
        node: OnnxNode
    ) throws(ImportError) -> [Float] {
        guard let values = tensor.floats, !values.isEmpty else { throw node.refusal(.tensorTypeUnsupported) }
        if values.count == 1 { return values }
        var dims = tensor.dims
        while dims.count > (isFlat ? 1 : 3), dims.first == 1 { dims.removeFirst() }
        let channels = blocks == [0] && hasThreePlanes ? 3 : network.shape(ofBlock: blocks[0]).channels
        guard dims == (isFlat ? [channels] : [channels, 1, 1]) else { throw node.refusal(.unsupportedShape) }
        return values
    }

    private mutating func addSum(_ node: OnnxNode, _ left: [Int], _ right: [Int], isFlat: Bool) throws(ImportError) {
        // A sum shares one scale per channel. The input's is fixed, PReLU has two columns and a quadratic one table:
        // they join by a copy.
        func summand(_ blocks: [Int], _ importer: inout OnnxImporter) throws(ImportError) -> [Int] {
            var columns: [Int] = []
            for block in blocks {
                if block == 0, importer.hasThreePlanes { throw node.refusal(.inputPlanesDiffer) }
                let isPlain =
                    switch block == 0 ? nil : importer.network.layers[block - 1].activation {
                    case .some(.none), .relu, .clip: true
                    case nil, .prelu, .quadratic, .gate: false
                    }
                columns.append(isPlain ? block : try importer.materialise([block], node: node))
            }
            return columns
        }
        var left = try summand(left, &self)
        var right = try summand(right, &self)
        if left.count + right.count > Self.maximumSum {
            if left.count >= right.count {
                left = [try materialise(left, node: node)]
            } else {
                right = [try materialise(right, node: node)]
            }
        }
        if left.count + right.count > Self.maximumSum { right = [try materialise(right, node: node)] }
        try setOutput(node, .activations(blocks: left + right, isFlat: isFlat))
    }

    private mutating func addPower(_ node: OnnxNode, index: Int) throws(ImportError) {
        let exponent = try constant(node, 1)
        guard exponent.floats == [2] || exponent.integers == [2] else { throw node.refusal(.unsupportedOperator) }
        try addSquare(node, index: index, readers: 1)
    }

    /// x^2, or x^2 + x where the only other reader of x adds it to the square.
    private mutating func addSquare(_ node: OnnxNode, index: Int, readers: Int) throws(ImportError) {
        guard let output = node.outputs.first else { throw .malformed }
        let users = consumers[output] ?? []
        if users.count == 1, nodes[users[0]].type == "Add", let sum = nodes[users[0]].outputs.first,
            nodes[users[0]].inputs.sorted() == [node.inputs[0], output].sorted(),
            let block = openLayer(node, 0, readers: readers + 1)
        {
            network.layers[block - 1].activation = .quadratic(square: 1, linear: 1)
            values[sum] = values[node.inputs[0]]
            handled.insert(users[0])
            return
        }
        guard let block = openLayer(node, 0, readers: readers) else {
            throw node.refusal(.activationUnsupportedHere)
        }
        network.layers[block - 1].activation = .quadratic(square: 1, linear: 0)
        values[output] = values[node.inputs[0]]
    }

    // MARK: Activations

    mutating func apply(_ activation: FloatActivation, _ node: OnnxNode) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        guard blocks != [0] || !hasThreePlanes else { throw node.refusal(.inputPlanesDiffer) }
        let block: Int
        if let open = openLayer(node, 0) {
            block = open
        } else {
            block = try materialise(blocks, node: node)
        }
        network.layers[block - 1].activation = activation
        // A quantiser in between is a step that the layer does not take.
        network.layers[block - 1].quantiser = nil
        try setOutput(node, .activations(blocks: [block], isFlat: isFlat))
    }

    private mutating func addClip(_ node: OnnxNode) throws(ImportError) {
        func bound(_ attribute: String, _ input: Int) throws(ImportError) -> Float? {
            if node.has(attribute) { return node.float(attribute, default: 0) }
            return node.hasInput(input) ? try floats(node, input).first : nil
        }
        guard let lower = try bound("min", 1), lower <= 0 else { throw node.refusal(.activationNotZeroAtZero) }
        guard lower == 0 else { throw node.refusal(.unsupportedAttribute("min")) }
        guard let upper = try bound("max", 2) else { return try apply(.relu, node) }
        guard upper > 0 else { throw node.refusal(.unsupportedAttribute("max")) }
        try apply(upper.isFinite ? .clip(upper: upper) : .relu, node)
    }

    private mutating func addPRelu(_ node: OnnxNode) throws(ImportError) {
        let slopes = try constant(node, 1)
        let (blocks, isFlat) = try activations(node, 0)
        let channels = network.shape(ofBlock: blocks[0]).channels
        let values = try channelValues(slopes, blocks: blocks, isFlat: isFlat, node: node)
        guard values.count == 1 || values.count == channels else { throw node.refusal(.unsupportedShape) }
        let perChannel = values.count == 1 ? [Float](repeating: values[0], count: channels) : values
        try apply(.prelu(slopes: perChannel), node)
    }

    private mutating func addLeakyRelu(_ node: OnnxNode) throws(ImportError) {
        let (blocks, _) = try activations(node, 0)
        let slope = node.float("alpha", default: 0.01)
        guard slope.isFinite else { throw node.refusal(.weightsNotFinite) }
        let channels = network.shape(ofBlock: blocks[0]).channels
        try apply(.prelu(slopes: [Float](repeating: slope, count: channels)), node)
    }

    // MARK: Averages

    private mutating func addAveragePool(_ node: OnnxNode) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        guard !isFlat else { throw node.refusal(.unsupportedShape) }
        let source = network.shape(ofBlock: blocks[0])
        if node.type == "GlobalAveragePool" {
            return try appendAverage(node, blocks, source.height, source.width, nil, isFlat: false)
        }
        guard let kernel = node.integers("kernel_shape"), kernel.count == 2,
            kernel.allSatisfy({ 1...NetworkLimits.kernelSide ~= $0 })
        else { throw node.refusal(.unsupportedAttribute("kernel_shape")) }
        guard node.integers("dilations")?.allSatisfy({ $0 == 1 }) ?? true else {
            throw node.refusal(.unsupportedAttribute("dilations"))
        }
        let geometry = try self.geometry(node, source: source, kernelHeight: kernel[0], kernelWidth: kernel[1])
        // Where padding is not counted the divisor depends on the position.
        if geometry.isPadded {
            guard node.integer("count_include_pad", default: 0) == 1 else {
                throw node.refusal(.unsupportedAttribute("count_include_pad"))
            }
        }
        if node.integer("ceil_mode", default: 0) != 0 {
            let pads = try self.pads(
                node,
                source: source,
                kernel: kernel,
                strides: [geometry.strideY, geometry.strideX]
            )
            guard (source.height + pads[0] + pads[2] - kernel[0]) % geometry.strideY == 0,
                (source.width + pads[1] + pads[3] - kernel[1]) % geometry.strideX == 0
            else { throw node.refusal(.unsupportedAttribute("ceil_mode")) }
        }
        try appendAverage(node, blocks, kernel[0], kernel[1], geometry, isFlat: false)
    }

    private mutating func addReduceMean(_ node: OnnxNode) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        let axes = node.hasInput(1) ? try integers(node, 1) : node.integers("axes") ?? []
        guard !isFlat, Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3] else {
            throw node.refusal(.unsupportedAttribute("axes"))
        }
        let source = network.shape(ofBlock: blocks[0])
        let isFlatAfter = node.integer("keepdims", default: 1) == 0
        try appendAverage(node, blocks, source.height, source.width, nil, isFlat: isFlatAfter)
    }

    private mutating func appendAverage(
        _ node: OnnxNode,
        _ blocks: [Int],
        _ kernelHeight: Int,
        _ kernelWidth: Int,
        _ geometry: Geometry?,
        isFlat: Bool
    ) throws(ImportError) {
        guard blocks != [0] || !hasThreePlanes else { throw node.refusal(.inputPlanesDiffer) }
        let source = network.shape(ofBlock: blocks[0])
        let window = kernelHeight * kernelWidth
        guard source.channels * window <= NetworkLimits.weights else { throw node.refusal(.limitExceeded) }
        var layer = FloatLayer(
            name: node.name,
            kind: .depthwise,
            sources: blocks,
            kernelHeight: kernelHeight,
            kernelWidth: kernelWidth,
            strideY: geometry?.strideY ?? 1,
            strideX: geometry?.strideX ?? 1,
            padTop: geometry?.padTop ?? 0,
            padLeft: geometry?.padLeft ?? 0,
            weights: [Float](repeating: 1 / Float(window), count: source.channels * window),
            bias: [Float](repeating: 0, count: source.channels),
            output: TensorShape(channels: source.channels, height: geometry?.height ?? 1, width: geometry?.width ?? 1)
        )
        layer.isFixed = true
        let block = try append(layer, node: node)
        try setOutput(node, .activations(blocks: [block], isFlat: isFlat))
    }

    // MARK: Shapes

    private mutating func addReshape(_ node: OnnxNode) throws(ImportError) {
        if node.hasInput(0), case .constant(let tensor)? = self.values[node.inputs[0]] {
            return try reshapeConstant(node, tensor)
        }
        let (blocks, isFlat) = try activations(node, 0)
        let shape = network.shape(ofBlock: blocks[0])
        guard blocks != [0] || !hasThreePlanes else { throw node.refusal(.inputPlanesDiffer) }
        let current = isFlat ? [1, shape.count] : [1, shape.channels, shape.height, shape.width]
        var target: [Int]
        switch node.type {
        case "Flatten":
            let axis = node.integer("axis", default: 1)
            guard axis == 1 || axis + current.count == 1 else { throw node.refusal(.unsupportedAttribute("axis")) }
            target = [1, shape.count]
        case "Squeeze":
            let axes = node.hasInput(1) ? try integers(node, 1) : node.integers("axes")
            guard let axes, Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3], !isFlat, shape.height * shape.width == 1
            else { throw node.refusal(.unsupportedShape) }
            target = [1, shape.count]
        default:
            target = try integers(node, 1)
            // With it a zero is a size, not the source's size.
            guard node.integer("allowzero", default: 0) == 0 || !target.contains(0) else {
                throw node.refusal(.unsupportedAttribute("allowzero"))
            }
            guard target.count <= 4 else { throw node.refusal(.unsupportedShape) }
            for (axis, size) in target.enumerated() where size == 0 {
                guard axis < current.count else { throw node.refusal(.unsupportedShape) }
                target[axis] = current[axis]
            }
            guard target.allSatisfy({ -1...NetworkLimits.blockCount ~= $0 }) else {
                throw node.refusal(.unsupportedShape)
            }
            if let free = target.firstIndex(of: -1) {
                let others = target.enumerated().reduce(1) { $1.offset == free ? $0 : $0 &* $1.element }
                guard others > 0, shape.count % others == 0 else { throw node.refusal(.unsupportedShape) }
                target[free] = shape.count / others
            }
        }
        guard let output = node.outputs.first else { throw .malformed }
        aliases[output] = node.inputs[0]
        if target == [1, shape.count] {
            try setOutput(node, .activations(blocks: blocks, isFlat: true))
        } else if target == [1, shape.channels, shape.height, shape.width] {
            try setOutput(node, .activations(blocks: blocks, isFlat: false))
        } else {
            throw node.refusal(.unsupportedShape)
        }
    }

    /// Whether it turns activations into floats of another width.
    private func isFloatCast(_ node: OnnxNode) -> Bool {
        guard node.hasInput(0), case .activations? = self.values[node.inputs[0]] else { return false }
        return Self.isFloat(node.integer("to", default: 0))
    }

    private mutating func addIdentity(_ node: OnnxNode) throws(ImportError) {
        guard node.hasInput(0), let value = values[node.inputs[0]], let output = node.outputs.first else {
            throw .malformed
        }
        aliases[output] = node.inputs[0]
        values[output] = value
    }

    /// A match compares directions, so the last division by the length changes nothing.
    private mutating func addNormalization(_ node: OnnxNode) throws(ImportError) {
        guard node.outputs.first == outputName, node.integer("p", default: 2) == 2 else {
            throw node.refusal(.unsupportedOperator)
        }
        let (blocks, isFlat) = try activations(node, 0)
        try setOutput(node, .activations(blocks: blocks, isFlat: isFlat))
    }

    private mutating func addConstant(_ node: OnnxNode) throws(ImportError) {
        let tensor: OnnxTensor
        if let proto = node.tensor("value") {
            do {
                tensor = try OnnxTensor(proto, externalData)
            } catch {
                throw node.refusal(error)
            }
        } else if let values = node.integers("value_ints") {
            tensor = OnnxTensor(dims: [values.count], values: .integers(values))
        } else if let values = node.floats("value_floats") {
            tensor = OnnxTensor(dims: [values.count], values: .floats(values))
        } else if node.has("value_int") {
            tensor = OnnxTensor(dims: [], values: .integers([node.integer("value_int", default: 0)]))
        } else if node.has("value_float") {
            tensor = OnnxTensor(dims: [], values: .floats([node.float("value_float", default: 0)]))
        } else {
            throw node.refusal(.tensorTypeUnsupported)
        }
        try setOutput(node, .constant(tensor))
    }

    /// The arithmetic on shapes by which exporters write `x.view(x.size(0), -1)`.
    private mutating func addShapeArithmetic(_ node: OnnxNode) throws(ImportError) {
        let result: OnnxTensor
        switch node.type {
        case "Shape":
            guard !node.has("start"), !node.has("end") else { throw node.refusal(.unsupportedAttribute("start")) }
            let (blocks, isFlat) = try activations(node, 0)
            let shape = network.shape(ofBlock: blocks[0])
            let channels = blocks == [0] && hasThreePlanes ? 3 : shape.channels
            let dims = isFlat ? [1, shape.count] : [1, channels, shape.height, shape.width]
            result = OnnxTensor(dims: [dims.count], values: .integers(dims))
        case "Gather":
            let values = try self.integers(node, 0)
            let indices = try self.constant(node, 1)
            guard node.integer("axis", default: 0) == 0, let positions = indices.integers else {
                throw node.refusal(.unsupportedShape)
            }
            var picked: [Int] = []
            for position in positions {
                let index = position < 0 ? position + values.count : position
                guard values.indices.contains(index) else { throw node.refusal(.unsupportedShape) }
                picked.append(values[index])
            }
            result = OnnxTensor(dims: indices.dims, values: .integers(picked))
        case "Unsqueeze":
            if case .constant(let tensor)? = self.values[node.inputs.first ?? ""], tensor.floats != nil {
                return try reshapeConstant(node, tensor)
            }
            let values = try self.integers(node, 0)
            guard values.count == 1 else { throw node.refusal(.unsupportedShape) }
            result = OnnxTensor(dims: [1], values: .integers(values))
        case "Concat":
            var joined: [Int] = []
            for index in node.inputs.indices {
                guard case .constant(let tensor)? = self.values[node.inputs[index]], let values = tensor.integers else {
                    throw node.refusal(.unsupportedOperator)
                }
                joined += values
            }
            result = OnnxTensor(dims: [joined.count], values: .integers(joined))
        default:
            guard case .constant(let tensor)? = self.values[node.inputs.first ?? ""] else {
                throw node.refusal(.unsupportedOperator)
            }
            result = try cast(tensor, node)
        }
        try setOutput(node, .constant(result))
    }
}
