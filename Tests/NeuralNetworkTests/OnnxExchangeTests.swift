import Foundation
import SwiftProtobuf
import Testing

@testable import ModelTools

/// What current exporters write: padding by name, weights in halves, weights in another file.
@Suite struct OnnxExchangeTests {
    private func network(
        _ attributes: [Onnx_AttributeProto],
        kernel: Int = 3,
        height: Int = 9,
        width: Int = 8
    ) -> OnnxBuilder {
        var builder = OnnxBuilder(height: height, width: width)
        builder.convolution("first", "input", "a", [4, 1, kernel, kernel], attributes: attributes)
        builder.node("GlobalAveragePool", "pool", ["a"], "b")
        builder.setOutput("b")
        return builder
    }

    @Test(
        arguments: [
            // Kernel, stride, and the pads (top, left, bottom, right) that ONNX's own formula gives for 9 x 8.
            (3, 1, [1, 1, 1, 1], [1, 1, 1, 1]), (3, 2, [1, 0, 1, 1], [1, 1, 1, 0]),
            (2, 1, [0, 0, 1, 1], [1, 1, 0, 0]), (5, 2, [2, 1, 2, 2], [2, 2, 2, 1]),
            (1, 2, [0, 0, 0, 0], [0, 0, 0, 0]),
            (2, 2, [0, 0, 1, 0], [1, 0, 0, 0]),
        ]
    )
    func paddingByNameIsPaddingByNumbers(kernel: Int, stride: Int, upper: [Int], lower: [Int]) throws {
        let strides = OnnxBuilder.integers("strides", [stride, stride])
        for (name, pads) in [("SAME_UPPER", upper), ("SAME_LOWER", lower), ("VALID", [0, 0, 0, 0])] {
            let named = try network([strides, OnnxBuilder.text("auto_pad", name)], kernel: kernel).load()
            let numbered = try network([strides, OnnxBuilder.integers("pads", pads)], kernel: kernel).load()
            #expect(named.layers[0].padTop == pads[0] && named.layers[0].padLeft == pads[1], "\(name)")
            #expect(named.layers[0].output == numbered.layers[0].output, "\(name)")
            #expect(
                named.layers[0].output.height == (name == "VALID" ? (9 - kernel) / stride + 1 : (8 + stride) / stride)
            )
        }
    }

    @Test func weightsInHalvesAreReadExactly() throws {
        // 1, -2, the least subnormal, the greatest subnormal, the greatest number, 1/3, -0, the least normal, 0.
        let halves: [UInt16] = [0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0x3555, 0x8000, 0x0400, 0x0000]
        let expected: [Float] = [1, -2, 0x1p-24, 1023 * 0x1p-24, 65504, 1365 * 0x1p-12, -0.0, 0x1p-14, 0]
        for isRaw in [true, false] {
            var builder = network([], height: 3, width: 3)
            builder.model.graph.input[0].type.tensorType.elemType = 10
            var tensor = Onnx_TensorProto()
            tensor.name = "first.weight"
            tensor.dims = [1, 1, 3, 3]
            tensor.dataType = 10
            if isRaw {
                tensor.rawData = Data(halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
            } else {
                tensor.int32Data = halves.map { Int32($0) }
            }
            builder.model.graph.initializer = [tensor]
            builder.model.graph.node[0].input = ["input", "first.weight"]
            #expect(try builder.load().layers[0].weights == expected)
            tensor.rawData = Data([0x00, 0x7C] + [UInt8](repeating: 0, count: 16))
            tensor.int32Data = []
            builder.model.graph.initializer = [tensor]
            #expect(throws: ImportError.refused(node: "first", operator: "Conv", reason: .weightsNotFinite)) {
                try builder.load()
            }
        }
    }

    /// A network whose first weights lie at these entries of an external file.
    private func external(_ entries: [String: String]) throws -> [UInt8] {
        var builder = network([])
        builder.model.graph.initializer[0].floatData = []
        builder.model.graph.initializer[0].dataLocation = .external
        builder.model.graph.initializer[0].externalData = entries.sorted { $0.key < $1.key }.map { key, value in
            var entry = Onnx_StringStringEntryProto()
            entry.key = key
            entry.value = value
            return entry
        }
        return try builder.bytes()
    }

    private func load(_ entries: [String: String], in folder: String) throws -> FloatNetwork {
        try OnnxImporter.load(
            try external(entries),
            mean: 127.5,
            scale: 127.5,
            externalData: OnnxExternalData(besides: folder + "/net.onnx")
        )
    }

    @Test func weightsBesideTheModelAreRead() throws {
        try withFolder { folder in
            let weights = (0..<36).map { Float($0) / 8 }
            let bytes = weights.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            try Data([1, 2, 3, 4] + bytes).write(to: URL(fileURLWithPath: folder + "/net.data"))
            for entries in [
                ["location": "net.data", "offset": "4", "length": "144"], ["location": "net.data", "offset": "4"],
            ] {
                #expect(try load(entries, in: folder).layers[0].weights == weights)
            }
        }
    }

    @Test func noPathLeadsOutOfTheFolder() throws {
        try withFolder { folder in
            let inner = folder + "/inner"
            try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
            try Data(count: 144).write(to: URL(fileURLWithPath: folder + "/net.data"))
            let link = inner + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder + "/net.data")
            mkfifo(inner + "/fifo", 0o600)
            let refused: [[String: String]] = [
                ["location": "../net.data"], ["location": folder + "/net.data"], ["location": ".."],
                ["location": ""], [:], ["location": "link"], ["location": "fifo"], ["location": "none"],
                ["location": "a\0b"],
            ]
            for entries in refused {
                #expect(reason(entries, in: inner) != nil, "\(entries)")
            }
            try Data(count: 144).write(to: URL(fileURLWithPath: inner + "/net.data"))
            #expect(reason(["location": "net.data"], in: inner) == nil)
            for (offset, length) in [
                ("1", "144"), ("-1", "144"), ("0", "145"), ("0", "-144"), ("9223372036854775807", "144"),
                ("0", "9223372036854775807"), ("x", "144"), ("0", "99999999999999999999"),
            ] {
                let entries = ["location": "net.data", "offset": offset, "length": length]
                #expect(reason(entries, in: inner) != nil, "\(entries)")
            }
        }
    }

    /// Why the weights were not read, in words.
    private func reason(_ entries: [String: String], in folder: String) -> String? {
        do {
            _ = try load(entries, in: folder)
            return nil
        } catch {
            guard case .refused(_, _, .externalData(let reason))? = error as? ImportError else { return "\(error)" }
            #expect("\(error)".contains("its weights are in another file: "))
            return reason
        }
    }

    @Test func whatIsNoModelIsSaidToBeNone() {
        for bytes in [[], [UInt8](repeating: 0, count: 0)] {
            #expect(throws: ImportError.notAModel) { try OnnxImporter.load(bytes, mean: 127.5, scale: 127.5) }
        }
    }

    @Test func aNegativeVarianceIsNamed() throws {
        var builder = network([])
        builder.model.graph.node.removeLast()
        for (name, value) in [("s", Float(1)), ("h", 0), ("m", 0), ("v", -1)] {
            builder.constant(name, [4], [Float](repeating: value, count: 4))
        }
        builder.node("BatchNormalization", "norm", ["a", "s", "h", "m", "v"], "n")
        builder.node("GlobalAveragePool", "pool", ["n"], "b")
        #expect(
            throws: ImportError.refused(node: "norm", operator: "BatchNormalization", reason: .varianceNotPositive)
        ) { try builder.load() }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "semblance-onnx-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
