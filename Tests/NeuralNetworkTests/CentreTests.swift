import Foundation
import Testing

@testable import Imaging
@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

@Suite("centring a model")
struct CentreTests {
    /// Bright pictures, so that a random network's embeddings of them all point about one way.
    private func makePictures(in folder: String, count: Int) throws -> [String] {
        var generator = SeededGenerator(seed: 5)
        return try (0..<count).map { index in
            let pixels = (0..<63).map { _ in UInt8.random(in: 150...250, using: &generator) }
            let path = "\(folder)/\(index).pgm"
            try Data(ImageFiles.pgm(width: 9, height: 7, pixels: pixels)).write(to: URL(filePath: path))
            return path
        }
    }

    @Test("embeddings are less by their mean, and nothing else changes")
    func mean() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = try makePictures(in: folder, count: 40)
        for seed in [nil, [UInt8](32..<64)] {
            let model = try ModelFileTests.smallModel(blindingSeed: seed)
            let file = "\(folder)/model", output = "\(folder)/centred"
            try model.save(to: file)
            let report = try ModelCommands.centre(model: file, images: folder, output: output, preparation: .aligned)
            let centred = try EmbeddingModel.load(contentsOf: output)
            #expect(report.images == 40 && report.refusedImages == 0)
            #expect(report.identity != ModelDescription(model.published).identity)
            #expect(report.meanBefore > 0.3 && report.meanAfter < report.meanBefore / 5)
            #expect(centred.thresholds.isEmpty)
            #expect(
                centred.published.hasPrivateWeights == (seed != nil) && (seed == nil || centred.blindingSeed != seed)
            )
            #expect(centred.network.layers.dropLast() == model.network.layers.dropLast())
            #expect(centred.network.layers.last?.terms == model.network.layers.last?.terms)

            let images = try paths.map { try ImageDecoder.decode(contentsOf: $0) }
            let (old, new) = try (images.map { try model.embed($0) }, images.map { try centred.embed($0) })
            let norms = new.map { $0.reduce(0) { $0 + Int($1) * Int($1) } }
            let least = ThresholdCalibration.minimumNorm(norms: norms, dimension: model.dimension)
            #expect(centred.minimumNorm == least && report.minimumNorm == least)
            for entry in 0..<model.dimension {
                let mean = old.reduce(0) { $0 + Double($1[entry]) } / 40
                for (before, after) in zip(old, new) where abs(before[entry]) < 127 && abs(after[entry]) < 127 {
                    #expect(abs(Double(before[entry]) - mean - Double(after[entry])) <= 1)
                }
            }
        }
    }

    @Test("a network whose last layer is not linear is refused")
    func squares() throws {
        let model = try ModelFileTests.smallModel()
        var last = try #require(model.network.layers.last)
        last.table = model.network.tables.count
        let network = try IntegerNetwork(
            input: model.network.input,
            shift: model.network.shift,
            tableBits: model.network.tableBits,
            tables: model.network.tables + [.quadratic(a: 1, b: 0, shift: 7, lower: -127, upper: 127)],
            layers: model.network.layers.dropLast() + [last]
        )
        let mean = [Double](repeating: 1, count: network.dimension)
        #expect(throws: ModelError.invalidTable) { try network.centred(on: mean) }
        #expect(throws: ModelError.invalidTable) { try model.network.centred(on: [1]) }
        let far = [Double](repeating: 1e9, count: network.dimension)
        #expect(throws: ModelError.self) { try model.network.centred(on: far) }
    }

    @Test("few images are refused: their mean would tell whose they are")
    func few() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try makePictures(in: folder, count: 19)
        try ModelFileTests.smallModel().save(to: "\(folder)/model")
        #expect(throws: ImportError.tooFewImages(19, least: 20)) {
            try ModelCommands.centre(
                model: "\(folder)/model",
                images: folder,
                output: "\(folder)/centred",
                preparation: .aligned
            )
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/centred"))
    }

    @Test("a folder without a usable image is refused")
    func empty() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try ModelFileTests.smallModel().save(to: "\(folder)/model")
        #expect(throws: ImportError.noCalibrationImages) {
            try ModelCommands.centre(
                model: "\(folder)/model",
                images: folder,
                output: "\(folder)/centred",
                preparation: .aligned
            )
        }
    }
}
