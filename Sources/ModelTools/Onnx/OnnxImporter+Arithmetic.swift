/// Sums, products and powers, element by element.
extension OnnxImporter {
    mutating func addArithmetic(_ node: OnnxNode, index: Int) throws(ImportError) {
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
    func channelValues(
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

    mutating func addSum(_ node: OnnxNode, _ left: [Int], _ right: [Int], isFlat: Bool) throws(ImportError) {
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

    mutating func addPower(_ node: OnnxNode, index: Int) throws(ImportError) {
        let exponent = try constant(node, 1)
        guard exponent.floats == [2] || exponent.integers == [2] else { throw node.refusal(.unsupportedOperator) }
        try addSquare(node, index: index, readers: 1)
    }

    /// x^2, or x^2 + x where the only other reader of x adds it to the square.
    mutating func addSquare(_ node: OnnxNode, index: Int, readers: Int) throws(ImportError) {
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
}
