import ArgumentParser
import FaceAlignment
import NetworkProof
import NeuralNetwork

/// How the images of an import or an evaluation become frames: as the sensor does it, or not at all.
struct AlignmentOptions: ParsableArguments {
    @Flag(help: "The images are crops on the model's template already.")
    var aligned = false

    @Option(help: ArgumentHelp("Find faces with this cascade (default: that of opencv-data).", valueName: "file"))
    var cascade: String?

    func preparation(for alignment: Alignment) throws -> FramePreparation {
        switch alignment {
        case .none: return .aligned
        case .face112 where aligned: return .aligned
        case .face112: return .raw(try aligner())
        }
    }

    func preparation(forModel file: String) throws -> FramePreparation {
        do {
            return try preparation(for: try ModelCommands.published(file).preprocessing.alignment)
        } catch let error as ModelError {
            throw CommandFailure(.badInput, "\(file) is not a usable model: \(error)")
        }
    }

    func aligner() throws -> FaceAligner {
        do {
            return try FaceAligner(cascade: cascade ?? FaceAligner.packagedCascade)
        } catch {
            throw CommandFailure(.unavailable, "faces cannot be aligned: \(error)")
        }
    }
}

extension Alignment: ExpressibleByArgument {}
