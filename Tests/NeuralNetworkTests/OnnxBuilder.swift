import Foundation
import SwiftProtobuf

@testable import ModelTools

/// Small ONNX models, made for tests of the importer.
struct OnnxBuilder {
    var model = Onnx_ModelProto()

    init(channels: Int = 1, height: Int = 8, width: Int = 8, operatorSet: Int = 13) {
        self.model.irVersion = 8
        var set = Onnx_OperatorSetIdProto()
        set.version = Int64(operatorSet)
        self.model.opsetImport = [set]
        self.addInput("input", [1, channels, height, width])
    }

    mutating func addInput(_ name: String, _ dims: [Int]) {
        var input = Onnx_ValueInfoProto()
        input.name = name
        input.type.tensorType.elemType = 1
        input.type.tensorType.shape.dim = dims.map { size in
            var dim = Onnx_TensorShapeProto.Dimension()
            dim.dimValue = Int64(size)
            return dim
        }
        self.model.graph.input.append(input)
    }

    mutating func constant(_ name: String, _ dims: [Int], _ values: [Float]) {
        var tensor = Onnx_TensorProto()
        tensor.name = name
        tensor.dims = dims.map { Int64($0) }
        tensor.dataType = 1
        tensor.floatData = values
        self.model.graph.initializer.append(tensor)
    }

    /// A convolution with kernels that differ by a little pattern.
    mutating func convolution(
        _ name: String,
        _ input: String,
        _ output: String,
        _ dims: [Int],
        scale: Float = 1,
        attributes: [Onnx_AttributeProto] = []
    ) {
        let count = dims.reduce(1, *)
        self.constant("\(name).weight", dims, (0..<count).map { scale * (Float(($0 * 7919) % 101) / 50 - 1) / 4 })
        self.constant("\(name).bias", [dims[0]], (0..<dims[0]).map { scale * Float($0 % 3) / 10 })
        self.node("Conv", name, [input, "\(name).weight", "\(name).bias"], output, attributes)
    }

    mutating func node(
        _ type: String,
        _ name: String,
        _ inputs: [String],
        _ output: String,
        _ attributes: [Onnx_AttributeProto] = []
    ) {
        var node = Onnx_NodeProto()
        node.opType = type
        node.name = name
        node.input = inputs
        node.output = [output]
        node.attribute = attributes
        self.model.graph.node.append(node)
    }

    mutating func setOutput(_ name: String) {
        var output = Onnx_ValueInfoProto()
        output.name = name
        self.model.graph.output = [output]
    }

    static func integers(_ name: String, _ values: [Int]) -> Onnx_AttributeProto {
        var attribute = Onnx_AttributeProto()
        attribute.name = name
        attribute.type = .ints
        attribute.ints = values.map { Int64($0) }
        return attribute
    }

    static func integer(_ name: String, _ value: Int) -> Onnx_AttributeProto {
        var attribute = Onnx_AttributeProto()
        attribute.name = name
        attribute.type = .int
        attribute.i = Int64(value)
        return attribute
    }

    static func float(_ name: String, _ value: Float) -> Onnx_AttributeProto {
        var attribute = Onnx_AttributeProto()
        attribute.name = name
        attribute.type = .float
        attribute.f = value
        return attribute
    }

    static func text(_ name: String, _ value: String) -> Onnx_AttributeProto {
        var attribute = Onnx_AttributeProto()
        attribute.name = name
        attribute.type = .string
        attribute.s = Data(value.utf8)
        return attribute
    }

    func bytes() throws -> [UInt8] { try self.model.serializedBytes() }

    func load() throws -> FloatNetwork { try OnnxImporter.load(try self.bytes(), mean: 127.5, scale: 127.5) }
}
