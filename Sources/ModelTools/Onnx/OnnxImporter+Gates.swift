/// HardSwish, as one node and as the patterns by which exporters write it: x times a gate that opens along x.
extension OnnxImporter {
    struct GatePattern {
        /// The tensor that the gate belongs to.
        var input: String
        var slope: Float
        var offset: Float
        /// The nodes that compute it, the last one's output being the product.
        var nodes: [Int]
    }

    mutating func addHardSwish(_ node: OnnxNode) throws(ImportError) {
        try apply(.gate(slope: 1 / 6, offset: 0.5), node)
    }

    /// Only as a gate: alone it does not keep zero.
    mutating func addHardSigmoid(_ node: OnnxNode, index: Int) throws(ImportError) {
        guard node.hasInput(0), let output = node.outputs.first,
            let product = onlyReader(of: output, type: "Mul"), other(product) == node.inputs[0]
        else { throw node.refusal(.activationNotZeroAtZero) }
        let pattern = GatePattern(
            input: node.inputs[0],
            slope: node.float("alpha", default: 0.2),
            offset: node.float("beta", default: 0.5),
            nodes: [index] + product.nodes
        )
        try addGate(node, pattern)
    }

    /// x min(max(x + c, 0), d) / d, with the division on either side of the product.
    func gatePattern(_ node: OnnxNode, index: Int) -> GatePattern? {
        guard node.type == "Add", let sum = node.outputs.first, node.inputs.count == 2 else { return nil }
        let (first, second) = (scalar(node.inputs[0]), scalar(node.inputs[1]))
        guard let offset = first ?? second, first == nil || second == nil else { return nil }
        let input = first == nil ? node.inputs[0] : node.inputs[1]
        guard let clip = onlyReader(of: sum, type: "Clip"), let limits = clipLimits(self.nodes[clip.node]),
            limits.lower == 0, let clipped = self.nodes[clip.node].outputs.first
        else { return nil }
        for isDividedFirst in [false, true] {
            guard let inner = isDividedFirst ? division(of: clipped) : product(of: clipped, input),
                let tensor = self.nodes[inner.reader.node].outputs.first,
                let outer = isDividedFirst ? product(of: tensor, input) : division(of: tensor)
            else { continue }
            // Fully open, the gate is 1.
            let divisor = isDividedFirst ? inner.divisor : outer.divisor
            guard divisor > 0, (limits.upper / divisor - 1).magnitude < 1e-5 else { return nil }
            return GatePattern(
                input: input,
                slope: 1 / divisor,
                offset: offset / divisor,
                nodes: [index] + clip.nodes + inner.reader.nodes + outer.reader.nodes
            )
        }
        return nil
    }

    mutating func addGate(_ node: OnnxNode, _ pattern: GatePattern) throws(ImportError) {
        guard pattern.slope > 0, pattern.slope.isFinite, pattern.offset > 0, pattern.offset <= 1 else {
            throw node.refusal(.unsupportedAttribute("alpha"))
        }
        guard case .activations(let blocks, let isFlat)? = self.values[pattern.input],
            let last = pattern.nodes.last, let output = nodes[last].outputs.first,
            let input = node.inputs.firstIndex(of: pattern.input), !output.isEmpty
        else { throw node.refusal(.unsupportedShape) }
        guard blocks != [0] || !hasThreePlanes else { throw node.refusal(.inputPlanesDiffer) }
        let block: Int
        if let open = openLayer(node, input, readers: 2) {
            block = open
        } else {
            block = try materialise(blocks, node: node)
        }
        network.layers[block - 1].activation = .gate(slope: pattern.slope, offset: pattern.offset)
        network.layers[block - 1].quantiser = nil
        network.layers[block - 1].nodes += pattern.nodes.dropLast().map {
            FloatLayer.Node(name: nodes[$0].name, type: nodes[$0].type)
        }
        self.values[output] = .activations(blocks: [block], isFlat: isFlat)
        handled.formUnion(pattern.nodes)
    }

    // MARK: Looking ahead

    /// The node that alone reads a tensor.
    private struct Reader {
        var node: Int
        /// The name by which it reads the tensor.
        var tensor: String
        /// The quantisers in between, which an integer table has no use for, and the node.
        var nodes: [Int]
    }

    /// The node that alone reads a tensor, if it is of a type.
    private func onlyReader(of tensor: String, type: String) -> Reader? {
        var tensor = tensor
        var passed: [Int] = []
        while passed.count <= 2, tensor != outputName, let readers = consumers[tensor], readers.count == 1 {
            let node = nodes[readers[0]]
            passed.append(readers[0])
            if node.type == type { return Reader(node: readers[0], tensor: tensor, nodes: passed) }
            guard node.type == "QuantizeLinear" || node.type == "DequantizeLinear", node.inputs.first == tensor,
                let output = node.outputs.first
            else { return nil }
            tensor = output
        }
        return nil
    }

    /// The other input of a product or division.
    private func other(_ reader: Reader) -> String? {
        let inputs = nodes[reader.node].inputs
        guard inputs.count == 2, let index = inputs.firstIndex(of: reader.tensor) else { return nil }
        return inputs[1 - index]
    }

    private func product(of tensor: String, _ input: String) -> (reader: Reader, divisor: Float)? {
        guard let reader = onlyReader(of: tensor, type: "Mul"), other(reader) == input else { return nil }
        return (reader, 1)
    }

    /// A division by a constant, or a product with one.
    private func division(of tensor: String) -> (reader: Reader, divisor: Float)? {
        if let reader = onlyReader(of: tensor, type: "Div"),
            nodes[reader.node].inputs.first == reader.tensor, let divisor = other(reader).flatMap(scalar)
        {
            return (reader, divisor)
        }
        if let reader = onlyReader(of: tensor, type: "Mul"),
            let factor = other(reader).flatMap(scalar), factor > 0
        {
            return (reader, 1 / factor)
        }
        return nil
    }

    private func scalar(_ tensor: String) -> Float? {
        guard case .constant(let constant)? = self.values[tensor], constant.count == 1 else { return nil }
        return constant.floats?.first
    }

    private func clipLimits(_ node: OnnxNode) -> (lower: Float, upper: Float)? {
        func limit(_ attribute: String, _ input: Int) -> Float? {
            if node.has(attribute) { return node.float(attribute, default: 0) }
            return node.hasInput(input) ? scalar(node.inputs[input]) : nil
        }
        guard let lower = limit("min", 1), let upper = limit("max", 2) else { return nil }
        return (lower, upper)
    }
}
