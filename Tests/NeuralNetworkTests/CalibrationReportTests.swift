import Foundation
import Testing

@testable import Imaging
@testable import IntegerNetwork
@testable import ModelTools

/// `semblance model calibrate` on a model and images that the test makes.
@Suite struct CalibrationReportTests {
    /// Nine people with five images each, in folders; images of a person differ by noise.
    private func makePeople(in folder: String) throws {
        var generator = SeededGenerator(seed: 14)
        for person in 0..<9 {
            let path = "\(folder)/people/\(person)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let pattern = (0..<63).map { _ in Int.random(in: 60...195, using: &generator) }
            for index in 0..<5 {
                let pixels = pattern.map { UInt8($0 + Int.random(in: -60...60, using: &generator)) }
                let bytes = ImageFiles.pgm(width: 9, height: 7, pixels: pixels)
                try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(index).pgm"))
            }
        }
    }

    private func calibrate(_ folder: String, samples: Int, report: String? = nil) throws -> CalibrationReport {
        let model = try ModelFileTests.smallModel()
        try model.save(to: "\(folder)/in.semblance-model")
        var options = CalibrationOptions(
            model: "\(folder)/in.semblance-model",
            source: .people(folder: "\(folder)/people")
        )
        options.templateSamples = samples
        options.falseMatchRates = [0.1, 0.02, 0.0001]
        options.output = "\(folder)/out.semblance-model"
        options.report = report
        return try ModelCommands.calibrate(options)
    }

    @Test func decisionsOfTheWrittenModelHaveTheReportedRates() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makePeople(in: folder)
        let report = try self.calibrate(folder, samples: 1)
        let model = try EmbeddingModel.load(contentsOf: "\(folder)/out.semblance-model")
        #expect(report.identity == ModelDescription(model.published).identity)
        #expect(report.images == 45 && report.people == 9)
        #expect(report.genuinePairs + report.impostorPairs <= 990)
        #expect(report.points.map(\.fmr) == model.thresholds.map(\.fmr))
        #expect(report.points.map(\.numerator) == model.thresholds.map(\.numerator))
        #expect(report.refusedRates.contains { $0.fmr == 0.0001 })
        guard
            case .tooFewImpostorComparisons(needed: 30000, available: report.impostorPairs)? =
                report.refusedRates.last?.reason
        else {
            Issue.record("\(report.refusedRates)")
            return
        }
        // Each decision made again, from the images.
        let embeddings = try (0..<45).map { index in
            try model.embed(try ImageDecoder.decode(contentsOf: "\(folder)/people/\(index / 5)/\(index % 5).pgm"))
        }
        let usable = embeddings.map { $0.reduce(0) { $0 + Int($1) * Int($1) } >= Int(model.minimumNorm) }
        for point in report.points {
            var (falseMatches, impostors, falseNonMatches, genuine) = (0, 0, 0, 0)
            for i in 0..<45 {
                for j in i + 1..<45 where usable[i] || usable[j] {
                    let matches =
                        usable[i] && usable[j]
                        && MatchScore(probe: embeddings[j], template: embeddings[i])
                            .matches(numerator: point.numerator, minimumNorm: model.minimumNorm)
                    if i / 5 == j / 5 {
                        genuine += 1
                        falseNonMatches += matches ? 0 : 1
                    } else {
                        impostors += 1
                        falseMatches += matches ? 1 : 0
                    }
                }
            }
            #expect(point.falseMatches == BinomialRate(count: falseMatches, trials: impostors))
            #expect(point.falseNonMatches == BinomialRate(count: falseNonMatches, trials: genuine))
            #expect(point.measuredFMR <= point.fmr ?? 0)
        }
        let equalErrors = try #require(report.equalErrorRateOverPeople)
        #expect(equalErrors.lower < report.equalErrorRate && equalErrors.upper > report.equalErrorRate)
        #expect(report.replicates == 500)
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        for name in ["equalErrorRateOverPeople", "falseMatchesOverPeople", "falseNonMatchesOverPeople"] {
            #expect(json.contains("\"\(name)\":{\"lower\":") || json.contains("\"\(name)\":{\"upper\":"))
        }
    }

    @Test func reportsAreWrittenForPeople() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makePeople(in: folder)
        let report = try self.calibrate(folder, samples: 3, report: "\(folder)/report.html")
        #expect(report.templateSamples == 3)
        #expect(report.points.allSatisfy { $0.enrolmentsRefused != nil })
        let html = try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
        #expect(html.components(separatedBy: "<svg ").count == 4)
        #expect(html.contains(report.identity) && html.contains("; over people "))
        // Self-contained: nothing is loaded from anywhere.
        #expect(!html.contains("href=") && !html.contains("src=") && !html.contains("<script"))
        #expect(
            try XMLParserCheck.isWellFormed(
                html.components(separatedBy: "<svg ")[1...].map { part in
                    "<svg " + part.components(separatedBy: "</svg>")[0] + "</svg>"
                }
            )
        )
        _ = try self.calibrate(folder, samples: 1, report: "\(folder)/report.md")
        let markdown = try String(contentsOfFile: "\(folder)/report.md", encoding: .utf8)
        for name in ["det", "roc", "scores"] {
            #expect(markdown.contains("(report-\(name).svg)"))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/report-\(name).svg"))
        }
    }

    @Test func whatCannotBeMeasuredIsRefused() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try self.makePeople(in: folder)
        #expect(throws: ImportError.invalidTemplateSamples(6)) { try self.calibrate(folder, samples: 6) }
        // Five images make a template and leave no probe.
        #expect(throws: ImportError.noComparisons(genuine: 0, impostor: 0)) { try self.calibrate(folder, samples: 5) }
        for person in 1..<9 { try FileManager.default.removeItem(atPath: "\(folder)/people/\(person)") }
        #expect {
            _ = try self.calibrate(folder, samples: 1)
        } throws: { error in
            guard case ImportError.noComparisons(_, impostor: 0) = error else { return false }
            return true
        }
        try Data("GIF89a".utf8).write(to: URL(fileURLWithPath: "\(folder)/people/0/9.png"))
        #expect(throws: ImportError.image(path: "\(folder)/people/0/9.png", .foreignFormat("a GIF picture"))) {
            try self.calibrate(folder, samples: 1)
        }
    }
}
