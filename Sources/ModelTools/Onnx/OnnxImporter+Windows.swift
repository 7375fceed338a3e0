import IntegerNetwork
import Models

/// Operators that slide a window: convolutions and averages.
extension OnnxImporter {
    mutating func addConvolution(_ node: OnnxNode) throws(ImportError) {
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
    func expandGroups(
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

    struct Geometry {
        var strideY: Int
        var strideX: Int
        var padTop: Int
        var padLeft: Int
        var height: Int
        var width: Int
        /// Whether any row or column is padded.
        var isPadded: Bool
    }

    func geometry(
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
    func pads(
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

    mutating func addAveragePool(_ node: OnnxNode) throws(ImportError) {
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

    mutating func addReduceMean(_ node: OnnxNode) throws(ImportError) {
        let (blocks, isFlat) = try activations(node, 0)
        let axes = node.hasInput(1) ? try integers(node, 1) : node.integers("axes") ?? []
        guard !isFlat, Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3] else {
            throw node.refusal(.unsupportedAttribute("axes"))
        }
        let source = network.shape(ofBlock: blocks[0])
        let isFlatAfter = node.integer("keepdims", default: 1) == 0
        try appendAverage(node, blocks, source.height, source.width, nil, isFlat: isFlatAfter)
    }

    mutating func appendAverage(
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
}
