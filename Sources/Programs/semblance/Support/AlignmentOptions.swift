import ArgumentParser
import FaceAlignment
import FingerprintAlignment
import Imaging
import ModelTools
import Models

/// What aligners need besides a frame.
struct AlignerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Find faces with this cascade (default: that of opencv-data).", valueName: "file"))
    var cascade: String?

    @Option(help: ArgumentHelp("Find fingers with this model file (default: the installed one).", valueName: "file"))
    var localiser: String?

    @Option(help: ArgumentHelp("Resolution of fingerprint pictures in dots per inch.", valueName: "number"))
    var dpi = FingerAligner.usualDotsPerInch

    func faceAligner() throws -> FaceAligner {
        do {
            return try FaceAligner(cascade: cascade ?? FaceAligner.packagedCascade)
        } catch {
            throw CommandFailure(.unavailable, "faces cannot be aligned: \(error)")
        }
    }

    func fingerAligner() throws -> FingerAligner {
        do {
            return try FingerAligner(localiser: localiser ?? FingerAligner.packagedLocaliser, dotsPerInch: dpi)
        } catch {
            throw CommandFailure(.unavailable, "fingers cannot be aligned: \(error)")
        }
    }
}

/// How the images of an import or an evaluation become frames: as the sensor does it, or not at all.
struct AlignmentOptions: ParsableArguments {
    @Flag(help: "The images are crops on the model's template already.")
    var aligned = false

    @OptionGroup var aligner: AlignerOptions

    func preparation(for alignment: Alignment) throws -> FramePreparation {
        switch alignment {
        case _ where aligned: .aligned
        case .none: .aligned
        case .face112: .raw(try aligner.faceAligner())
        case .finger128: .raw(try aligner.fingerAligner())
        }
    }

    func preparation(forModel file: String) throws -> FramePreparation {
        do {
            return try preparation(for: try ModelCommands.published(file).preprocessing.alignment)
        } catch let error as ModelError {
            throw CommandFailure(unusableModel: file, error)
        }
    }
}

extension Alignment: ExpressibleByArgument {}
