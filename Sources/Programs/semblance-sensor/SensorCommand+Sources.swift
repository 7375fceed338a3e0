import ArgumentParser
import Cameras
import IntegerNetwork
import Logging
import Readers
import SensorCore
import ServiceSupport

/// Where the frames come from.
extension SensorCommand {
    func source(
        _ configuration: SensorConfiguration,
        _ models: [EmbeddingModel],
        _ logger: Logger
    ) throws -> any FrameSource {
        switch (configuration.tray, configuration.camera, configuration.reader) {
        case (let tray?, nil, nil):
            logger.notice("frames come from image files, not from a camera", metadata: ["tray": "\(tray)"])
            return TraySource(directory: tray)
        case (nil, let camera?, nil):
            guard models.allSatisfy({ $0.modality == "face" }) else {
                throw ProgramFailure(
                    "a camera sees faces only: give it models of faces, and fingers a sensor of their own"
                )
            }
            let kind = try Self.kind(configuration.cameraKind)
            logger.notice("frames come from a camera", metadata: ["camera": "\(camera)", "kind": "\(kind.rawValue)"])
            return CameraSource(CameraChoice(name: camera == "auto" ? nil : camera, kind: kind))
        case (nil, nil, let reader?):
            guard models.allSatisfy({ $0.modality == "fingerprint" }) else {
                throw ProgramFailure(
                    "a fingerprint reader sees fingers only: give it models of fingers, and faces a sensor of their own"
                )
            }
            return ReaderSource(try Self.choice(reader, configuration, logger))
        case (nil, nil, nil):
            throw ProgramFailure(
                "no source of frames: name a --camera, a --reader, or a directory of image files by --tray"
            )
        default:
            throw ProgramFailure("several sources of frames, of camera, reader and tray: run a sensor for each")
        }
    }

    private static func choice(
        _ reader: String,
        _ configuration: SensorConfiguration,
        _ logger: Logger
    ) throws -> ReaderChoice {
        let tone = configuration.readerRidges ?? ReaderChoice.Ridges.dark.rawValue
        guard let ridges = ReaderChoice.Ridges(rawValue: tone) else {
            throw ProgramFailure("ridges are dark or light in a reader's pictures, not \"\(tone)\"")
        }
        let choice = ReaderChoice(
            name: reader == "auto" ? nil : reader,
            dotsPerInch: configuration.dotsPerInch,
            ridges: ridges
        )
        logger.notice("frames come from a fingerprint reader", metadata: ["reader": "\(reader)"])
        if choice.isVirtual {
            logger.warning("the reader is one of libfprint's test readers: it shows what a program gives it")
        }
        return choice
    }

    private static func kind(_ text: String?) throws -> CameraKind {
        guard let text else { return .auto }
        guard let kind = CameraKind(rawValue: text) else {
            throw ProgramFailure("the camera's kind \"\(text)\" is none of auto, infrared and colour")
        }
        return kind
    }

    static func printCameras() {
        let cameras = CameraList().entries
        if cameras.isEmpty { print("no camera") }
        for camera in cameras {
            print(camera.name)
            print("    \(camera.card), \(camera.path) now: \(camera.words)")
        }
    }

    static func printReaders() {
        let readers = ReaderList()
        if let fault = readers.fault { return print("\(fault)") }
        if readers.entries.isEmpty { print("no fingerprint reader that libfprint knows") }
        for reader in readers.entries {
            print(reader.name)
            print("    \(reader.fault.map { "\($0)" } ?? reader.product + ": " + reader.manner)")
        }
    }
}

extension CameraKind: ExpressibleByArgument {}
extension ReaderChoice.Ridges: ExpressibleByArgument {}
