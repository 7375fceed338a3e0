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

    /// The operators that ``add(_:index:)`` knows, whatever it says of a single node.
    private static let known: Set = [
        "Conv", "Gemm", "MatMul", "BatchNormalization", "Add", "Sub", "Mul", "Div", "Pow", "Relu", "Clip", "PRelu",
        "LeakyRelu",
        "AveragePool", "GlobalAveragePool", "ReduceMean", "Flatten", "Reshape", "Squeeze", "Identity", "Dropout",
        "LpNormalization", "Constant", "HardSwish", "HardSigmoid", "QuantizeLinear", "DequantizeLinear", "Transpose",
        "Cast",
        "Shape", "Gather", "Unsqueeze", "Concat", "Sigmoid", "Softplus", "Exp", "Cos", "Softmax", "LogSoftmax",
    ]

    /// Nodes of operators that are known in no place.
    var unsupported: [OnnxNode] { nodes.filter { !Self.known.contains($0.type) } }

    /// All of them at once: who repairs a network does not want to hear of them one by one.
    var refusalOfOperators: ImportError {
        let counts = Dictionary(grouping: unsupported, by: \.type).mapValues(\.count)
        return .operatorsRefused(node: unsupported.first?.name ?? "", counts: counts)
    }

    /// Refuses a network whose first step subtracts, adds or scales by one number: with a mean and a scale by default the pixels would
    /// be normalised twice.
    func refuseOwnNormalisation() throws(ImportError) {
        for node in nodes where ["Sub", "Add", "Mul", "Div"].contains(node.type) {
            // Nothing is known yet but constants and the input.
            let operands = node.inputs.map { values[$0] }
            let readsInput = operands.contains { if case .activations? = $0 { true } else { false } }
            let readsConstant = operands.contains { if case .constant? = $0 { true } else { false } }
            if readsInput, readsConstant { throw .normalisesItself(node: node.name, operator: node.type) }
        }
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

    mutating func addClip(_ node: OnnxNode) throws(ImportError) {
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

    mutating func addPRelu(_ node: OnnxNode) throws(ImportError) {
        let slopes = try constant(node, 1)
        let (blocks, isFlat) = try activations(node, 0)
        let channels = network.shape(ofBlock: blocks[0]).channels
        let values = try channelValues(slopes, blocks: blocks, isFlat: isFlat, node: node)
        guard values.count == 1 || values.count == channels else { throw node.refusal(.unsupportedShape) }
        let perChannel = values.count == 1 ? [Float](repeating: values[0], count: channels) : values
        try apply(.prelu(slopes: perChannel), node)
    }

    mutating func addLeakyRelu(_ node: OnnxNode) throws(ImportError) {
        let (blocks, _) = try activations(node, 0)
        let slope = node.float("alpha", default: 0.01)
        guard slope.isFinite else { throw node.refusal(.weightsNotFinite) }
        let channels = network.shape(ofBlock: blocks[0]).channels
        try apply(.prelu(slopes: [Float](repeating: slope, count: channels)), node)
    }
}
