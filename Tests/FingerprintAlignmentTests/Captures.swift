import AlignmentTestSupport
import Foundation
import Imaging
import IntegerNetwork
import Testing

@testable import FingerprintAlignment

/// Pictures of the training's generator with what the training's own code makes of them: Vectors/generate.py.
struct Captures: Decodable {
    var picture: String
    var width: Int
    var height: Int
    var x: Double
    var y: Double
    var angle: Double
    var frame: Data
    var crop: Data

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let all: [Captures] = {
        do {
            return try JSONDecoder().decode([Captures].self, from: Data(contentsOf: file("vectors.json")))
        } catch {
            fatalError("vectors.json: \(error)")
        }
    }()

    private static func file(_ name: String) -> URL { Bundle.module.bundleURL.appending(path: "Vectors/\(name)") }

    var pose: FingerPose { FingerPose(x: x, y: y, turn: angle) }

    var image: GrayImage {
        get throws { try ImageDecoder.decode(contentsOf: Self.file(picture).path) }
    }

    static func model(_ name: String) -> String {
        repository.appending(path: "Fixtures/models/\(name).semblance-model").path
    }

    static let localiser = model("finger-localiser")
    static let network: IntegerNetwork = {
        do {
            return try EmbeddingModel.network(contentsOf: model("fingerprint-v2"))
        } catch {
            fatalError("fingerprint-v2: \(error)")
        }
    }()

    static func aligner(dotsPerInch: Int = 500) throws -> FingerAligner {
        try FingerAligner(localiser: localiser, dotsPerInch: dotsPerInch)
    }

    /// Whole numbers as bytes of two's complement, as what an image has: 128 added.
    static func greys(_ data: Data) -> [UInt8] { data.map { $0 &+ 128 } }
}

extension Pictures {
    /// A picture on a larger one of a single grey.
    static func placed(_ picture: GrayImage, at x: Int, _ y: Int, on width: Int, _ height: Int) throws -> GrayImage {
        try make(width, height) { column, row in
            let (i, j) = (column - x, row - y)
            guard 0..<picture.width ~= i, 0..<picture.height ~= j else { return 235 }
            return Int(picture.pixels[j * picture.width + i])
        }
    }

    /// As of wet skin: dark blotches, 1.5 mm from one to the next, in which ridges all but run together.
    static func wet(_ picture: GrayImage, seed: UInt64) throws -> GrayImage {
        let cell = 30
        let (columns, rows) = (picture.width / cell + 2, picture.height / cell + 2)
        let lattice = try noise(columns, rows, seed: seed).pixels.map { Double($0) / 255 }
        return try make(picture.width, picture.height) { x, y in
            let grey = Double(picture.pixels[y * picture.width + x])
            // Air stays white.
            guard grey < 225 else { return Int(grey) }
            func eased(_ part: Int) -> Double {
                let part = Double(part) / Double(cell)
                return part * part * (3 - 2 * part)
            }
            let (column, row) = (x / cell, y / cell)
            let (right, down) = (eased(x % cell), eased(y % cell))
            func line(_ row: Int) -> Double {
                lattice[row * columns + column] * (1 - right) + lattice[row * columns + column + 1] * right
            }
            let wetness = 0.9 / (1 + exp(-9 * (line(row) * (1 - down) + line(row + 1) * down - 0.5)))
            return Int(grey + wetness * (25 - grey))
        }
    }

    /// Turned anticlockwise about the middle, bilinearly; white where there was nothing.
    static func turned(_ picture: GrayImage, by angle: Double) throws -> GrayImage {
        let (sine, cosine) = (sin(angle), cos(angle))
        let (middleX, middleY) = (Double(picture.width - 1) / 2, Double(picture.height - 1) / 2)
        func grey(_ x: Int, _ y: Int) -> Double {
            guard 0..<picture.width ~= x, 0..<picture.height ~= y else { return 235 }
            return Double(picture.pixels[y * picture.width + x])
        }
        return try make(picture.width, picture.height) { column, row in
            let (dx, dy) = (Double(column) - middleX, Double(row) - middleY)
            let (x, y) = (middleX + cosine * dx - sine * dy, middleY + sine * dx + cosine * dy)
            let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
            let (partX, partY) = (x - Double(left), y - Double(top))
            let upper = grey(left, top) * (1 - partX) + grey(left + 1, top) * partX
            let lower = grey(left, top + 1) * (1 - partX) + grey(left + 1, top + 1) * partX
            return Int((upper * (1 - partY) + lower * partY).rounded())
        }
    }

    /// Cosine of two crops' embeddings by the shipped network: near 1 of the same print, near 0 of others.
    static func cosine(_ first: GrayImage, _ second: GrayImage) throws -> Double {
        let (first, second) = try (
            Captures.network.embed(first.pixels).map(Double.init),
            Captures.network.embed(second.pixels).map(Double.init)
        )
        func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        return product(first, second) / (product(first, first) * product(second, second)).squareRoot()
    }
}
