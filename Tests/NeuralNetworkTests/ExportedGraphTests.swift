import Foundation
import Testing

@testable import ModelTools

/// Graphs that PyTorch exported and onnxruntime.quantization quantised, with the outputs of ONNX Runtime; made by
/// training/export_test_networks.py.
@Suite struct ExportedGraphTests {
    private struct Images: Decodable {
        var mean: Float
        var scale: Float
        var pixels: [[UInt8]]
    }

    private static let folder = Bundle.module.resourceURL?.appendingPathComponent("Graphs")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder?.path ?? "")) ?? []
        return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private func load(_ name: String) throws -> (FloatNetwork, [[UInt8]], [[Float]]) {
        let folder = try #require(Self.folder)
        let images = try JSONDecoder().decode(
            Images.self,
            from: Data(contentsOf: folder.appendingPathComponent("images.json"))
        )
        let outputs = try JSONDecoder().decode(
            [[Float]].self,
            from: Data(contentsOf: folder.appendingPathComponent("\(name).json"))
        )
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).onnx")))
        return (try OnnxImporter.load(bytes, mean: images.mean, scale: images.scale), images.pixels, outputs)
    }

    private func cosine(_ a: [Float], _ b: [Float]) -> Double {
        func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
    }

    @Test func thereAreGraphsOfEveryKind() {
        for kind in [
            "depthwise_prelu", "mobilenet3", "hard_swish_by_hand", "residual_relu", "unfolded_norm", "script13",
            "dynamo18", "qdq", "qdq8",
        ] {
            #expect(Self.names.contains { $0.contains(kind) }, Comment(rawValue: kind))
        }
    }

    /// The floating-point reference computes what ONNX Runtime does: exactly for floats; where ONNX Runtime rounds to 8
    /// bits, up to the roundings that differ.
    @Test(arguments: names)
    func floatingPointAgreesWithOnnxRuntime(name: String) throws {
        let (network, images, outputs) = try self.load(name)
        #expect(images.count == outputs.count && !images.isEmpty)
        for (image, expected) in zip(images, outputs) {
            let output = network.run(image)
            #expect(output.count == expected.count)
            if name.contains("qdq") {
                #expect(self.cosine(output, expected) > 0.995)
            } else {
                let largest = expected.map(\.magnitude).max() ?? 0
                for (value, reference) in zip(output, expected) {
                    #expect((value - reference).magnitude <= 2e-5 * Swift.max(largest, 1))
                }
            }
        }
    }

    @Test(arguments: names)
    func integersAgreeWithOnnxRuntime(name: String) throws {
        let (network, images, outputs) = try self.load(name)
        // Calibration on the three images and what lies between them.
        var inputs = images
        for step in 0..<40 {
            let (first, second) = (images[step % 3], images[(step + 1) % 3])
            inputs.append(first.indices.map { UInt8((Int(first[$0]) * (40 - step) + Int(second[$0]) * step) / 40) })
        }
        let (statistics, _) = Calibrator.run(network, inputs: inputs) { _ in }
        var quantiser = try Quantiser(network, statistics: statistics, shift: 12, tableBits: 15)
        let integers = try quantiser.quantise()
        #expect(integers.tables.count <= 8)
        for (image, expected) in zip(images, outputs) {
            let embedding = try integers.embed(image)
            #expect(embedding.map(Int.init) == NaiveNetwork.run(integers, pixels: image).blocks.last)
            #expect(QuantisationCheck.cosine(embedding, expected) > (name.contains("qdq") ? 0.99 : 0.998))
        }
        let check = try QuantisationCheck(integers, of: network, scales: quantiser.scales, inputs: images) { _ in }
        for index in integers.layers.indices {
            let node = check.node(index, of: quantiser)
            #expect(node.relativeError < 0.15, Comment(rawValue: node.name))
            #expect(!node.scaleRule.isEmpty && !node.operators.isEmpty)
        }
    }

    @Test func hardSwishIsOneTable() throws {
        for name in ["mobilenet3.script13", "mobilenet3.dynamo18", "hard_swish_by_hand.script13"] {
            let (network, _, _) = try self.load(name)
            let gates = network.layers.filter { $0.activation == .gate(slope: 1 / 6, offset: 0.5) }
            #expect(gates.count == (name.hasPrefix("mobile") ? 4 : 3), Comment(rawValue: name))
            // Each of them is the activation of a convolution.
            #expect(gates.allSatisfy { !$0.isFixed })
        }
    }

    @Test func batchNormalisationIsFoldedWhereItCanBe() throws {
        let (folded, _, _) = try self.load("depthwise_prelu.script13")
        #expect(!folded.layers.contains { $0.kind == .depthwise && $0.kernelHeight == 1 })
        // Behind a PReLU, and behind a sum, it is a layer.
        let (unfolded, _, _) = try self.load("unfolded_norm.script13")
        let norms = unfolded.layers.filter { $0.nodes.contains { $0.type == "BatchNormalization" } }
        #expect(norms.count == 3)
    }

    @Test func scalesOfAQuantisedGraphAreKeptWhereTheyCanBe() throws {
        let (network, images, _) = try self.load("residual_relu.script13.qdq8")
        let (statistics, _) = Calibrator.run(network, inputs: images) { _ in }
        var quantiser = try Quantiser(network, statistics: statistics, shift: 12, tableBits: 15)
        let integers = try quantiser.quantise()
        let rules = network.layers.indices.map(quantiser.scaleRule)
        #expect(rules.contains { $0.hasPrefix("as given") })
        for (index, layer) in network.layers.enumerated() where rules[index].hasPrefix("as given") {
            let given = try #require(layer.quantiser)
            let table = integers.tables[integers.layers[index].table].range
            #expect(quantiser.scales[index].allSatisfy { $0 == 1 / Double(given.scale) })
            // The embedding is symmetric.
            let isLast = index == network.layers.count - 1
            #expect(table == given.lower...given.upper || isLast && table == -127...127)
        }
        #expect(network.layers.contains { $0.hasGivenWeights })
    }

    @Test(arguments: ["mobilenet3.script13.qdq", "hard_swish_by_hand.script13"])
    func damagedGraphsAreRefusedOrImported(name: String) throws {
        let folder = try #require(Self.folder)
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).onnx")))
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<1500 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    mutant[index] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    mutant[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                }
            }
            _ = try? OnnxImporter.load(mutant, mean: 127.5, scale: 64)
        }
    }
}
