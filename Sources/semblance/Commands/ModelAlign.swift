import ArgumentParser
import FaceAlignment
import Foundation
import NeuralNetwork

struct ModelAlign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "align",
        abstract: "Find the face in each image as the sensor does: its measures, or what keeps it from use.",
        discussion: "With --output the aligned crops are written as PGM. Exits with 0 even where images are refused."
    )

    @Argument(help: "Images: PNG, JPEG, PNM or BMP.")
    var images: [String]

    @Option(help: ArgumentHelp("Find faces with this cascade (default: that of opencv-data).", valueName: "file"))
    var cascade: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write crops 00000.pgm, ... here.", valueName: "folder"))
    var output: String?

    @OptionGroup var report: OutputOptions

    struct Line: Codable {
        let path: String
        /// Nil where no face was found.
        let measures: FaceMeasures?
        let advice: String?
    }

    func run() async throws {
        let aligner: FaceAligner
        do {
            aligner = try FaceAligner(cascade: cascade ?? FaceAligner.packagedCascade)
        } catch {
            throw CommandFailure(.unavailable, "faces cannot be aligned: \(error)")
        }
        var lines: [Line] = []
        for (index, path) in images.enumerated() {
            let image: GrayImage
            do {
                image = try ImageDecoder.decode(contentsOf: path)
            } catch {
                throw CommandFailure(.badInput, "\(path): \(error)")
            }
            do {
                let face = try aligner.alignedFace(in: image)
                lines.append(Line(path: path, measures: face.measures, advice: face.measures.advice))
                if let output { try Self.write(face.crop, to: "\(output)/\(Self.name(index))") }
            } catch let refusal as FrameRefusal {
                lines.append(Line(path: path, measures: nil, advice: refusal.advice))
            }
        }
        if report.json { return try Terminal.result(json: lines) }
        for line in lines {
            let measures = line.measures.map {
                "width \(Int($0.width))  mean \(Int($0.brightness))  contrast \(Int($0.contrast))  sharpness "
                    + "\(Int(100 * $0.sharpness))  roll \(Int($0.roll))  turn \(Int(10 * $0.turn))"
            }
            Terminal.result(([line.path] + [measures, line.advice].compactMap { $0 }).joined(separator: "  "))
        }
    }

    private static func name(_ index: Int) -> String {
        String(repeating: "0", count: max(0, 5 - "\(index)".count)) + "\(index).pgm"
    }

    private static func write(_ image: GrayImage, to path: String) throws {
        do {
            let header = Array("P5\n\(image.width) \(image.height)\n255\n".utf8)
            try Data(header + image.pixels).write(to: URL(filePath: path))
        } catch {
            throw CommandFailure(.badInput, "cannot write \(path)")
        }
    }
}
