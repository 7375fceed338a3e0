import ArgumentParser
import Dispatch
import FaceAlignment
import FingerprintAlignment
import Foundation
import Imaging
import Models
import Synchronization

struct ModelAlign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "align",
        abstract: "Find the face or finger in each image as the sensor does: its measures, or what keeps it from use.",
        discussion: """
            With --output the crops of usable images are written as PGM. Exits with 0 even where images are refused, with 1 where a \
            file cannot be read or a crop not written (8 if none can); the others go on.
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

    /// Measures are nil where nothing was found; advice where nothing is to be bettered; the error where the file could not be used.
    struct Line: Codable, Sendable {
        let path: String
        var measures: FaceMeasures?
        var finger: FingerMeasures?
        var pose: FingerPose?
        var advice: String?
        var error: String?

        /// In words; empty where there are none.
        var figures: String {
            measures?.figures ?? finger?.figures ?? ""
        }
    }

    func validate() throws {
        guard align != .none else { throw ValidationError("--align is face112 or finger128.") }
    }

    func run() async throws {
        if let output { try Self.makeFolder(output) }
        let place = try placement()
        let lines = Mutex([Line?](repeating: nil, count: images.count))
        DispatchQueue.concurrentPerform(iterations: images.count) { index in
            let line = self.line(for: index, place)
            lines.withLock { $0[index] = line }
        }
        let done = lines.withLock { $0.compactMap(\.self) }
        if let first = done.first, let error = first.error, done.allSatisfy({ $0.error != nil }) {
            for line in done.dropFirst() { Terminal.note("\(line.path): \(line.error ?? "")") }
            throw CommandFailure(.badInput, "\(first.path): \(error)")
        }
        if report.json {
            try Terminal.result(json: done)
        } else {
            for line in done {
                let parts = [line.path, line.figures, line.advice ?? line.error ?? ""].filter { !$0.isEmpty }
                Terminal.result(parts.joined(separator: "  "))
            }
        }
        for line in done {
            if let error = line.error { Terminal.note("\(line.path): \(error)") }
        }
        if done.contains(where: { $0.error != nil }) { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private typealias Placement = @Sendable (String, GrayImage) throws(FrameRefusal) -> (line: Line, crop: GrayImage)

    private func placement() throws -> Placement {
        if align == .finger128 {
            let aligner = try options.fingerAligner()
            return { (path: String, image: GrayImage) throws(FrameRefusal) -> (line: Line, crop: GrayImage) in
                let finger = try aligner.alignedFinger(in: image)
                let line = Line(path: path, finger: finger.measures, pose: finger.pose, advice: finger.measures.advice)
                return (line, finger.crop)
            }
        }
        let aligner = try options.faceAligner()
        return { (path: String, image: GrayImage) throws(FrameRefusal) -> (line: Line, crop: GrayImage) in
            let face = try aligner.alignedFace(in: image)
            return (Line(path: path, measures: face.measures, advice: face.measures.advice), face.crop)
        }
    }

    /// What becomes of one image, its crop written if there is one.
    private func line(for index: Int, _ place: Placement) -> Line {
        let path = images[index]
        let image: GrayImage
        do {
            image = try ImageDecoder.decode(contentsOf: path)
        } catch {
            return Line(path: path, error: "\(error)")
        }
        do throws(FrameRefusal) {
            let placed = try place(path, image)
            var line = placed.line
            if let output, line.advice == nil, !Self.write(placed.crop, to: "\(output)/\(Self.name(index))") {
                line.error = "cannot write \(output)/\(Self.name(index))"
            }
            return line
        } catch {
            return Line(path: path, advice: error.advice)
        }
    }

    private static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.badInput, "cannot make the folder \(path)")
        }
    }

    private static func name(_ index: Int) -> String {
        String(repeating: "0", count: max(0, 5 - "\(index)".count)) + "\(index).pgm"
    }

    private static func write(_ image: GrayImage, to path: String) -> Bool {
        let header = Array("P5\n\(image.width) \(image.height)\n255\n".utf8)
        return (try? Data(header + image.pixels).write(to: URL(filePath: path))) != nil
    }
}
