import Models

/// What changes no value: reshaping, copies, constants, and the arithmetic on shapes.
extension OnnxImporter {
    mutating func addReshape(_ node: OnnxNode) throws(ImportError) {
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
    func isFloatCast(_ node: OnnxNode) -> Bool {
        guard node.hasInput(0), case .activations? = self.values[node.inputs[0]] else { return false }
        return Self.isFloat(node.integer("to", default: 0))
    }

    mutating func addIdentity(_ node: OnnxNode) throws(ImportError) {
        guard node.hasInput(0), let value = values[node.inputs[0]], let output = node.outputs.first else {
            throw .malformed
        }
        aliases[output] = node.inputs[0]
        values[output] = value
    }

    /// A match compares directions, so the last division by the length changes nothing.
    mutating func addNormalization(_ node: OnnxNode) throws(ImportError) {
        guard node.outputs.first == outputName, node.integer("p", default: 2) == 2 else {
            throw node.refusal(.unsupportedOperator)
        }
        let (blocks, isFlat) = try activations(node, 0)
        try setOutput(node, .activations(blocks: blocks, isFlat: isFlat))
    }

    mutating func addConstant(_ node: OnnxNode) throws(ImportError) {
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
    mutating func addShapeArithmetic(_ node: OnnxNode) throws(ImportError) {
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
