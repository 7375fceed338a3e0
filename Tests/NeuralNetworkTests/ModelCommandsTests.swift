import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

/// The commands end to end, on a network and images that the test makes.
@Suite struct ModelCommandsTests {
    /// Eight people, three images each: a pattern of the person and a little noise.
    private func makeImages(in folder: String) throws {
        var generator = SeededGenerator(seed: 12)
        for person in 0..<8 {
            let pattern = (0..<256).map { _ in Int.random(in: 20...235, using: &generator) }
            for index in 0..<3 {
                let pixels = pattern.map { UInt8($0 + Int.random(in: -15...15, using: &generator)) }
                let bytes = ImageFiles.pgm(width: 16, height: 16, pixels: pixels)
                try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(person)_\(index).pgm"))
            }
        }
    }

    private func makeNetwork(in folder: String) throws -> String {
        var builder = OnnxBuilder(height: 16, width: 16)
        builder.convolution(
            "first",
            "input",
            "a",
            [8, 1, 3, 3],
            attributes: [OnnxBuilder.integers("strides", [2, 2])]
        )
        builder.node("Relu", "relu", ["a"], "b")
        builder.convolution("last", "b", "c", [16, 8, 7, 7])
        builder.setOutput("c")
        let path = "\(folder)/net.onnx"
        try Data(try builder.bytes()).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func makePairs(in folder: String) throws -> String {
        var lines = ["# same\tfirst\tsecond", ""]
        for person in 0..<8 {
            lines += ["1\t\(person)_0.pgm\t\(person)_1.pgm", "1\t\(person)_0.pgm\t\(person)_2.pgm"]
            for other in 0..<person { lines.append("0\t\(person)_0.pgm\t\(other)_1.pgm") }
        }
        let path = "\(folder)/pairs.txt"
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func importInspectRunAndThresholds() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makeImages(in: folder)
        var options = ImportOptions(
            onnx: try self.makeNetwork(in: folder),
            calibration: folder,
            output: "\(folder)/out.semblance-model",
            name: "small",
            modality: "fingerprint"
        )
        options.pairs = try self.makePairs(in: folder)
        options.falseMatchRates = [0.2, 0.0001]
        let report = try ModelCommands.importModel(options)
        #expect(report.images == 24)
        #expect(report.nodes.map(\.name) == ["first", "last"])
        #expect(report.nodes.allSatisfy { $0.quotientBounds[0] <= $0.quotientsSeen[0] })
        #expect(report.nodes.allSatisfy { $0.quotientBounds[1] >= $0.quotientsSeen[1] })
        #expect(report.agreement.medianCosine > 0.999)
        #expect(report.warnings.contains("24 calibration images; 100 or more are recommended"))
        // 28 impostor pairs say nothing about one in ten thousand.
        #expect(report.thresholds.map(\.fmr) == [0.2])
        #expect(report.thresholds[0].measuredFMR <= 0.2)
        #expect(report.warnings.contains { $0.contains("30000 impostor comparisons") })

        let description = try ModelCommands.inspect(options.output)
        #expect(description.identity == report.model.identity)
        #expect(description.identity.count == 64)
        #expect(description.dimension == 16)
        #expect(description.modality == "fingerprint")
        #expect(description.activations == 8 * 49 + 16)
        #expect(description.multiplications == 8 * 9 * 49 + 16 * 8 * 49)
        #expect(description.thresholds.map(\.numerator) == [report.thresholds[0].numerator])
        #expect(throws: Never.self) { try JSONEncoder().encode(report) }

        let published = "\(folder)/model.semblance-public"
        #expect(try ModelCommands.publish(model: options.output, output: published).identity == description.identity)
        #expect(try ModelCommands.inspect(published).identity == description.identity)
        #expect(try ModelCommands.published(published) == EmbeddingModel.load(contentsOf: options.output).published)
        #expect(!description.hasPrivateWeights)
        var hidden = options
        hidden.hasPrivateWeights = true
        #expect(try ModelCommands.importModel(hidden).model.hasPrivateWeights)
        // Another seed each time.
        let first = try ModelCommands.inspect(options.output).identity
        #expect(try ModelCommands.importModel(hidden).model.identity != first)
        _ = try ModelCommands.importModel(options)
        let blinded = "\(folder)/blinded.semblance-model"
        let identities = try (0..<2).map { _ in try ModelCommands.blind(model: options.output, output: blinded).identity
        }
        #expect(Set(identities + [first]).count == 3)
        let (open, closed) = try (
            EmbeddingModel.load(contentsOf: options.output), EmbeddingModel.load(contentsOf: blinded)
        )
        #expect(closed.published.hasPrivateWeights && !open.published.hasPrivateWeights)
        #expect(closed.network == open.network && closed.thresholds == open.thresholds)

        let images = ["0_0", "0_1", "5_0"].map { "\(folder)/\($0).pgm" }
        let result = try ModelCommands.run(model: options.output, images: images)
        #expect(result.embeddings.map(\.values.count) == [16, 16, 16])
        #expect(result.comparisons.count == 3)
        #expect(result.comparisons[0].cosine > result.comparisons[1].cosine)
        #expect(try ModelCommands.run(model: options.output, images: images, comparing: false).comparisons.isEmpty)
        // One that cannot be read does not stop the others.
        let broken = "\(folder)/broken.pgm"
        try Data("GIF89a".utf8).write(to: URL(filePath: broken))
        let rest = try ModelCommands.run(model: options.output, images: [images[0], broken, "/nowhere.pgm", images[2]])
        #expect(rest.embeddings.map(\.path) == [images[0], images[2]] && rest.comparisons.count == 1)
        #expect(rest.embeddings.map(\.values) == [0, 2].map { result.embeddings[$0].values })
        #expect(rest.failures.map(\.path) == [broken, "/nowhere.pgm"])
        #expect(rest.failures.first?.reason == "a GIF picture, which is not read: convert it to PNG")
        try FileManager.default.removeItem(atPath: broken)

        let other = "\(folder)/other.semblance-model"
        var calibration = CalibrationOptions(
            model: options.output,
            source: .pairs(file: try self.makePairs(in: folder), root: folder)
        )
        calibration.falseMatchRates = [0.5, 0.2]
        calibration.output = other
        let thresholds = try ModelCommands.calibrate(calibration)
        #expect(thresholds.genuinePairs == 16 && thresholds.impostorPairs == 28)
        #expect(thresholds.points.map(\.fmr) == [0.5, 0.2])
        #expect(thresholds.identity == (try ModelCommands.inspect(other).identity))
        #expect(thresholds.identity != description.identity)

        // A second set of people: of both thresholds the stricter, and the note names both sets.
        func note(_ path: String) throws -> CalibrationNote {
            try #require(CalibrationNote.load(beside: path, identity: try ModelCommands.inspect(path).identity))
        }
        #expect(try note(other).sets.map(\.impostorComparisons) == [28])
        let before = try EmbeddingModel.load(contentsOf: other)
        let strict = "\(folder)/strict.semblance-model"
        try before.replacing(
            minimumNorm: before.minimumNorm,
            thresholds: [MatchThreshold(fmr: 0.5, numerator: 60000)]
        ).save(to: strict)
        for (path, earlier) in [(other, before.thresholds), (strict, [MatchThreshold(fmr: 0.5, numerator: 60000)])] {
            calibration.model = path
            calibration.output = "\(folder)/both.semblance-model"
            calibration.falseMatchRates = [0.4, 0.2]
            calibration.keepsStricter = true
            (calibration.setName, calibration.sensor) = ("second", "image-file")
            let report = try ModelCommands.calibrate(calibration)
            let kept = try EmbeddingModel.load(contentsOf: "\(folder)/both.semblance-model").thresholds
            #expect(kept.map(\.fmr) == [0.5, 0.4, 0.2] && report.points.map(\.numerator) == kept.map(\.numerator))
            for threshold in earlier + report.ownThresholds {
                let now = try #require(kept.first { $0.fmr == threshold.fmr })
                #expect(now.numerator >= threshold.numerator)
            }
            if path == strict { #expect(kept.allSatisfy { $0.numerator >= 60000 }) }
            let both = try note("\(folder)/both.semblance-model")
            // The strict model has no note: what its thresholds hold for is not known.
            #expect(both.sets.map(\.name) == (path == other ? ["", "second"] : ["second"]))
            #expect(both.covers(sensor: "image-file") && !both.covers(sensor: "camera"))
        }
        #expect(CalibrationNote.notes(in: folder).count == 2)
        #expect(CalibrationNote.load(beside: strict, identity: description.identity) == nil)
    }

    @Test func linksToFoldersAreFollowedButNotRoundInCircles() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = FileManager.default
        try files.createDirectory(atPath: "\(folder)/store/deep", withIntermediateDirectories: true)
        try files.createDirectory(atPath: "\(folder)/people", withIntermediateDirectories: true)
        for name in ["store/a.PNG", "store/deep/b.jpg", "store/notes.txt", "store/png"] {
            try Data().write(to: URL(filePath: "\(folder)/\(name)"))
        }
        try files.createSymbolicLink(atPath: "\(folder)/people/ann", withDestinationPath: "../store")
        try files.createSymbolicLink(atPath: "\(folder)/people/bob", withDestinationPath: "../store/deep")
        try files.createSymbolicLink(atPath: "\(folder)/store/deep/round", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: "\(folder)/people/gone.png", withDestinationPath: "nowhere")
        let people = "\(folder)/people"
        #expect(
            try ModelCommands.imagePaths(in: people, maximum: 9)
                == ["ann/a.PNG", "ann/deep/b.jpg", "bob/b.jpg", "bob/round/a.PNG", "gone.png"].map { "\(people)/\($0)" }
        )
        #expect(throws: ImportError.unreadable(path: "\(folder)/nowhere")) {
            try ModelCommands.imagePaths(in: "\(folder)/nowhere", maximum: 9)
        }
    }

    @Test func importIsReportedByNode() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makeImages(in: folder)
        var options = ImportOptions(
            onnx: try self.makeNetwork(in: folder),
            calibration: folder,
            output: "\(folder)/out.semblance-model",
            name: "small | net",
            modality: "face"
        )
        options.shift = 9
        options.report = "\(folder)/report.json"
        let report = try ModelCommands.importModel(options)
        #expect(report.nodes.map(\.operators) == ["Conv + Relu", "Conv"])
        #expect(report.nodes.map(\.sources) == [["input"], ["first"]])
        #expect(report.nodes[0].integerRange == [0, 255] && report.nodes[1].integerRange == [-127, 127])
        for node in report.nodes {
            #expect(node.shift == 9)
            #expect(0..<0.1 ~= node.relativeError && 0..<0.05 ~= node.saturation)
            #expect(node.integersSeen[0] >= node.integerRange[0] && node.integersSeen[1] <= node.integerRange[1])
            #expect(node.floatRange[0] <= 0 && node.floatRange[1] > 0)
        }
        // More fractional bits come closer, and the shift that was chosen is among the trials.
        #expect(report.shiftTrials.map(\.shift) == [8, 9, 10, 12, 14])
        #expect(report.shiftTrials.map(\.weightBits).allSatisfy { $0 != nil })
        let cosines = report.shiftTrials.compactMap(\.medianCosine)
        #expect(cosines.count == 5 && cosines[0] < cosines[4])
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/report.json"))
        let decoded = try JSONDecoder().decode(ImportReport.self, from: data)
        #expect(decoded.model.identity == report.model.identity)
        #expect(decoded.nodes.map(\.scaleRule) == report.nodes.map(\.scaleRule))

        try report.write(to: "\(folder)/report.md")
        let markdown = try String(contentsOfFile: "\(folder)/report.md", encoding: .utf8)
        #expect(markdown.contains("| first | Conv + Relu | 8x7x7 | clip(0...255) |"))
        #expect(markdown.contains("s = 9"))
        try report.write(to: "\(folder)/report.html")
        let html = try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
        #expect(html.contains("<td>Conv + Relu</td>"))
        #expect(throws: ModelError.unwritable(path: "/nonexistent/report.md")) {
            try report.write(to: "/nonexistent/report.md")
        }
    }

    @Test func importIsDeterministic() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makeImages(in: folder)
        let onnx = try self.makeNetwork(in: folder)
        let files = try ["a", "b"].map { name in
            let output = "\(folder)/\(name).semblance-model"
            _ = try ModelCommands.importModel(
                ImportOptions(onnx: onnx, calibration: folder, output: output, name: "same", modality: "face")
            )
            return try Data(contentsOf: URL(fileURLWithPath: output))
        }
        #expect(files[0] == files[1])
    }

    @Test func missingAndMalformedFilesAreNamed() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let onnx = try self.makeNetwork(in: folder)
        func run(_ onnx: String, _ calibration: String, modality: String = "face") throws {
            _ = try ModelCommands.importModel(
                ImportOptions(
                    onnx: onnx,
                    calibration: calibration,
                    output: "\(folder)/x.semblance-model",
                    name: "x",
                    modality: modality
                )
            )
        }
        #expect(throws: ImportError.unreadable(path: "/nonexistent.onnx")) { try run("/nonexistent.onnx", folder) }
        #expect(throws: ImportError.unreadable(path: "/nonexistent")) { try run(onnx, "/nonexistent") }
        #expect(throws: ImportError.noCalibrationImages) { try run(onnx, folder) }
        let broken = "\(folder)/broken.png"
        try Data("GIF89a".utf8).write(to: URL(fileURLWithPath: broken))
        #expect(throws: ImportError.image(path: broken, .foreignFormat("a GIF picture"))) { try run(onnx, folder) }
        try FileManager.default.removeItem(atPath: broken)
        try self.makeImages(in: folder)
        #expect(throws: ImportError.model(.invalidText)) { try run(onnx, folder, modality: "iris") }
        let pairs = "\(folder)/pairs.txt"
        try "1\ta\tb\n2\ta\tb\n".write(toFile: pairs, atomically: true, encoding: .utf8)
        #expect(throws: ImportError.pairsMalformed(line: 2)) {
            try ModelCommands.pairs(contentsOf: pairs, root: folder)
        }
        #expect(throws: ModelError.unreadable(path: "/nonexistent")) { try ModelCommands.inspect("/nonexistent") }
    }
}
