import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools

/// The oracle's script and the Python that runs it.
enum OnnxRuntime {
    static let python = ProcessInfo.processInfo.environment["SEMBLANCE_PYTHON"] ?? "python3"
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Scripts/onnxruntime_oracle.py").path
    static let isPresent = (try? Command.run([python, script, "check"])) != nil
}

/// The floating-point reference against ONNX Runtime: graphs made by onnx.helper, and the models in ../shared.
@Suite(
    .serialized,
    .enabled(if: OnnxRuntime.isPresent, "needs onnx and onnxruntime for $SEMBLANCE_PYTHON, or python3")
)
struct OnnxRuntimeTests {
    private func compare(_ onnx: String, folder: String, mean: Float, scale: Float, isNormalised: Bool = false) throws {
        let network = try OnnxImporter.load(
            try FileAccess.read(onnx, maximumBytes: OnnxImporter.maximumBytes),
            mean: mean,
            scale: scale
        )
        var generator = SeededGenerator(seed: 31)
        let inputs = (0..<4).map { _ in
            (0..<network.input.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let source = "\(folder)/inputs"
        let target = "\(folder)/outputs"
        try Data(inputs.flatMap { $0 }).write(to: URL(fileURLWithPath: source))
        try Command.run([OnnxRuntime.python, OnnxRuntime.script, "run", onnx, source, target, "\(mean)", "\(scale)"])
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: target)))
        let floats = stride(from: 0, to: bytes.count, by: 4).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) })
        }
        let outputs = inputs.map { network.run($0) }
        #expect(floats.count == outputs.reduce(0) { $0 + $1.count })
        for (index, output) in outputs.enumerated() {
            let expected = Array(floats[index * output.count..<(index + 1) * output.count])
            let length = isNormalised ? output.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
            let largest = expected.map(\.magnitude).max() ?? 0
            for (value, reference) in zip(output, expected) {
                #expect((value / length - reference).magnitude <= 1e-4 * largest, "\(onnx)")
            }
        }
    }

    /// Every tensor that a layer computes, not only the output.
    private func compareLayers(_ onnx: String, folder: String, mean: Float, scale: Float) throws {
        let network = try OnnxImporter.load(
            try FileAccess.read(onnx, maximumBytes: OnnxImporter.maximumBytes),
            mean: mean,
            scale: scale
        )
        let traced = network.layers.indices.filter { network.layers[$0].tensor != nil }
        #expect(traced.count * 3 >= network.layers.count * 2, "\(onnx)")
        var generator = SeededGenerator(seed: 32)
        let input = (0..<network.input.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let source = "\(folder)/inputs"
        let target = "\(folder)/outputs"
        try Data(input).write(to: URL(fileURLWithPath: source))
        try Command.run(
            [OnnxRuntime.python, OnnxRuntime.script, "trace", onnx, source, target, "\(mean)", "\(scale)"]
                + traced.compactMap { network.layers[$0].tensor }
        )
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: target)))
        var floats = stride(from: 0, to: bytes.count, by: 4).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) })
        }[...]
        #expect(floats.count == traced.reduce(0) { $0 + network.layers[$1].output.count })
        var activations: [[Float]] = []
        _ = network.run(input) { _, _, after in activations.append(after) }
        for index in traced {
            let expected = floats.prefix(activations[index].count)
            floats = floats.dropFirst(expected.count)
            let largest = expected.map(\.magnitude).max() ?? 0
            let worst = zip(activations[index], expected).map { ($0 - $1).magnitude }.max() ?? 0
            #expect(worst <= 1e-4 * Swift.max(largest, 1e-3), "\(onnx): \(network.layers[index].name)")
        }
    }

    @Test func everyLayerGivesTheTensorOfOnnxRuntime() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Command.run([OnnxRuntime.python, OnnxRuntime.script, "graphs", folder])
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".onnx") {
            try self.compareLayers("\(folder)/\(name)", folder: folder, mean: 120, scale: 60)
        }
        let graphs = try #require(Bundle.module.resourceURL).appendingPathComponent("Graphs").path
        for name in ExportedGraphTests.names where !name.contains("qdq") {
            try self.compareLayers("\(graphs)/\(name).onnx", folder: folder, mean: 127.5, scale: 64)
        }
        guard Shared.hasModels else { return }
        let network = Shared.path("models/mobilefacenet-relu6.onnx")
        try self.compareLayers(network, folder: folder, mean: 127, scale: 128)
    }

    @Test func operatorsGiveTheOutputsOfOnnxRuntime() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Command.run([OnnxRuntime.python, OnnxRuntime.script, "graphs", folder])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".onnx") }
        #expect(names.count == 6)
        for name in names.sorted() {
            // That one ends with a division by the length, which the importer drops.
            try self.compare(
                "\(folder)/\(name)",
                folder: folder,
                mean: 120,
                scale: 60,
                isNormalised: name == "odds_and_ends.onnx"
            )
        }
    }

    @Test(.enabled(if: Shared.hasModels, "models are in ../shared or $SEMBLANCE_SHARED"))
    func modelsGiveTheOutputsOfOnnxRuntime() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["tiny", "small", "lenet", "lenet_5", "4l_relu_conv_fc", "variable_cnn"] {
            try self.compare(Shared.path("models/\(name).onnx"), folder: folder, mean: 127.5, scale: 127.5)
        }
        try self.compare(Shared.path("models/mobilefacenet-relu6.onnx"), folder: folder, mean: 127, scale: 128)
    }
}
