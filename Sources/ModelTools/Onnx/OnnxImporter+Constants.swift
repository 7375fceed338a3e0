/// Nodes that only rearrange constants: exporters write transposed weights and reshaped slopes that way.
extension OnnxImporter {
    /// Reshape, Flatten, Squeeze or Unsqueeze of a constant: the entries stay in their order.
    mutating func reshapeConstant(_ node: OnnxNode, _ tensor: OnnxTensor) throws(ImportError) {
        var result = tensor
        switch node.type {
        case "Reshape":
            var target = try integers(node, 1)
            guard target.count <= 8, node.integer("allowzero", default: 0) == 0 || !target.contains(0) else {
                throw node.refusal(.unsupportedShape)
            }
            for (axis, size) in target.enumerated() where size == 0 && axis < tensor.dims.count {
                target[axis] = tensor.dims[axis]
            }
            if let free = target.firstIndex(of: -1) {
                let others = Self.count(target.enumerated().filter { $0.offset != free }.map(\.element))
                guard let others, others > 0, tensor.count % others == 0 else { throw node.refusal(.unsupportedShape) }
                target[free] = tensor.count / others
            }
            result.dims = target
        case "Flatten":
            let axis = node.integer("axis", default: 1)
            guard 0...tensor.dims.count ~= axis, let rows = Self.count(Array(tensor.dims.prefix(axis))) else {
                throw node.refusal(.unsupportedAttribute("axis"))
            }
            result.dims = [rows, rows > 0 ? tensor.count / rows : 0]
        case "Squeeze":
            let given = node.hasInput(1) ? try integers(node, 1) : node.integers("axes")
            let axes = Set(
                (given ?? tensor.dims.indices.filter { tensor.dims[$0] == 1 }).map {
                    $0 < 0 ? $0 + tensor.dims.count : $0
                }
            )
            guard axes.allSatisfy({ tensor.dims.indices.contains($0) && tensor.dims[$0] == 1 }) else {
                throw node.refusal(.unsupportedShape)
            }
            result.dims = tensor.dims.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
        default:
            let axes = node.hasInput(1) ? try integers(node, 1) : node.integers("axes") ?? []
            let rank = tensor.dims.count + axes.count
            let positions = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
            guard rank <= 8, positions.count == axes.count, positions.allSatisfy({ 0..<rank ~= $0 }) else {
                throw node.refusal(.unsupportedShape)
            }
            var rest = tensor.dims.makeIterator()
            result.dims = (0..<rank).map { positions.contains($0) ? 1 : rest.next() ?? 1 }
        }
        guard Self.count(result.dims) == tensor.count else { throw node.refusal(.unsupportedShape) }
        try setConstant(node, result)
    }

    /// A transposed matrix; with any other rank only what changes nothing.
    mutating func addTranspose(_ node: OnnxNode) throws(ImportError) {
        guard node.hasInput(0), case .constant(var tensor)? = self.values[node.inputs[0]] else {
            throw node.refusal(.unsupportedOperator)
        }
        let rank = tensor.dims.count
        let permutation = node.integers("perm") ?? (0..<rank).reversed()
        if permutation == Array(0..<rank) { return try setConstant(node, tensor) }
        guard rank == 2, permutation == [1, 0] else { throw node.refusal(.unsupportedAttribute("perm")) }
        let (rows, columns) = (tensor.dims[0], tensor.dims[1])
        func transposed<Value>(_ values: [Value]) -> [Value] {
            (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
        }
        tensor.dims = [columns, rows]
        switch tensor.values {
        case .floats(let values): tensor.values = .floats(transposed(values))
        case .integers(let values): tensor.values = .integers(transposed(values))
        }
        try setConstant(node, tensor)
    }

    /// Cast of a constant between integers and floats.
    func cast(_ tensor: OnnxTensor, _ node: OnnxNode) throws(ImportError) -> OnnxTensor {
        var result = tensor
        switch (Onnx_TensorProto.DataType(rawValue: node.integer("to", default: 0)), tensor.values) {
        case (.float, .integers(let values)), (.double, .integers(let values)), (.float16, .integers(let values)):
            result.values = .floats(values.map(Float.init))
        case (.float, .floats), (.double, .floats), (.float16, .floats), (.int64, .integers), (.int32, .integers):
            break
        default:
            throw node.refusal(.tensorTypeUnsupported)
        }
        return result
    }

    /// Keeps in mind whether a constant came from integers with scales.
    private mutating func setConstant(_ node: OnnxNode, _ tensor: OnnxTensor) throws(ImportError) {
        if dequantised.contains(node.inputs[0]), let output = node.outputs.first {
            dequantised.insert(output)
        }
        try setOutput(node, .constant(tensor))
    }

    /// The number of entries of a shape; nil if it is no shape, or far too large.
    private static func count(_ dims: [Int]) -> Int? {
        var count = 1
        for size in dims {
            guard size >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}
