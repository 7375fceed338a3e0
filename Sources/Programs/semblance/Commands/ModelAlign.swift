import ArgumentParser
import FaceAlignment
import FingerprintAlignment
import Foundation
import Imaging
import Models

struct ModelAlign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "align",
        abstract: "Find the face or finger in each image as the sensor does: its measures, or what keeps it from use.",
        discussion: """
            With --output the crops of usable images are written as PGM. Exits with 0 even where images are refused.
            """
    )

    @Argument(help: "Images: PNG, JPEG, PNM or BMP.")
    var images: [String]

    @Option(help: ArgumentHelp("face112 or finger128.", valueName: "template"))
    var align = Alignment.face112

    @OptionGroup var options: AlignerOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Write crops 00000.pgm, ... here.", valueName: "folder"))
    var output: String?

    @OptionGroup var report: OutputOptions

    /// Measures are nil where nothing was found; advice where nothing is to be bettered.
    struct Line: Codable {
        let path: String
        var measures: FaceMeasures?
        var finger: FingerMeasures?
        var pose: FingerPose?
        var advice: String?

        /// In words; empty where there are none.
        var figures: String {
            if let measures {
                return
                    "width \(Int(measures.width))  mean \(Int(measures.brightness))  contrast \(Int(measures.contrast))  "
                    + "sharpness \(Int(100 * measures.sharpness))  roll \(Int(measures.roll))  "
                    + "turn \(Int(10 * measures.turn))"
            }
            return finger?.figures ?? ""
        }
    }

    func validate() throws {
        guard align != .none else { throw ValidationError("--align is face112 or finger128.") }
    }

    func run() async throws {
        let place: (String, GrayImage) throws -> (line: Line, crop: GrayImage)
        if align == .finger128 {
            let aligner = try options.fingerAligner()
            place = { path, image in
                let finger = try aligner.alignedFinger(in: image)
                let line = Line(path: path, finger: finger.measures, pose: finger.pose, advice: finger.measures.advice)
                return (line, finger.crop)
            }
        } else {
            let aligner = try options.faceAligner()
            place = { path, image in
                let face = try aligner.alignedFace(in: image)
                return (Line(path: path, measures: face.measures, advice: face.measures.advice), face.crop)
            }
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
                let (line, crop) = try place(path, image)
                lines.append(line)
                if let output, line.advice == nil { try Self.write(crop, to: "\(output)/\(Self.name(index))") }
            } catch let refusal as FrameRefusal {
                lines.append(Line(path: path, advice: refusal.advice))
            }
        }
        if report.json { return try Terminal.result(json: lines) }
        for line in lines {
            let parts = [line.path, line.figures, line.advice ?? ""].filter { !$0.isEmpty }
            Terminal.result(parts.joined(separator: "  "))
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
