import Devices
import Glibc

/// Why a camera gives no frame.
public enum CameraFault: Error, Equatable, Sendable {
    /// - Parameter present: the names of those that there are.
    case noCamera(name: String?, present: [String])
    /// A name of several devices.
    case ambiguous(name: String, present: [String])
    case noInfrared(name: String)
    case noColour(name: String)
    /// A name that is another device's after the next start.
    case unstableName(String, stable: String?)
    case notPermitted(path: String)
    case busy(path: String)
    /// None of the formats that are read.
    case noFormat(card: String)
    case noBandwidth
    /// It was there, and is no more.
    case unplugged
    /// No frame for so long.
    case silent(seconds: Int)
    /// What the driver says cannot be.
    case nonsense(String)
    case failed(code: Int32)
    case frozen
    case looped
    case tenBitsAsEight
    /// The camera says that its shutter is closed.
    case covered
    case black
    case unlit
    case green

    package var mayPass: Bool {
        switch self {
        case .noCamera, .unplugged, .silent, .busy, .failed, .notPermitted, .noInfrared, .noColour: true
        default: false
        }
    }

    /// Whether the person in front of the camera can change it.
    public var isPersonal: Bool {
        switch self {
        case .covered, .black, .unlit: true
        default: false
        }
    }

    /// What a call's error number says of a device that was there.
    init(_ error: VideoError, path: String) {
        switch error.code {
        case EBUSY: self = .busy(path: path)
        case EACCES, EPERM: self = .notPermitted(path: path)
        case ENOSPC: self = .noBandwidth
        case ENODEV, ENXIO, ENOENT, ESHUTDOWN: self = .unplugged
        case EOVERFLOW: self = .nonsense("a buffer of no possible length")
        default: self = .failed(code: error.code)
        }
    }
}

extension CameraFault: DeviceFault, CustomStringConvertible {
    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .noCamera(nil, _):
            "there is no camera; plug one in, or look whether it is switched off by a key or the firmware"
        case .noCamera(let name?, let present):
            "there is no camera \"\(name)\"; " + (present.isEmpty ? "there is none at all" : Self.list(present))
        case .ambiguous(let name, let present): "several cameras are called \"\(name)\"; \(Self.list(present))"
        case .noInfrared(let name): "\(name) has no infrared sensor; take another camera, or the kind \"colour\""
        case .noColour(let name): "\(name) has only an infrared sensor; take another camera, or the kind \"infrared\""
        case .unstableName(let name, let stable):
            "\(name) may be another camera after the next start"
                + (stable.map { "; name it \"\($0)\"" } ?? "; see semblance-sensor --list-cameras for names that stay")
        case .notPermitted(let path):
            "\(path) may not be opened; the sensor's user must be in the group video, and its unit must have "
                + "DeviceAllow=char-video4linux"
        case .busy(let path):
            "another program is using the camera; end the video call or other program that has \(path) open"
        case .noFormat(let card):
            "\(card) gives no pictures that can be read: neither YUYV, NV12, MJPEG, GREY, Y10 nor Y16"
        case .noBandwidth:
            "the USB bus has no room for the camera's pictures; plug it in elsewhere, not behind a hub with others"
        case .unplugged: "the camera is gone; plug it in again"
        case .silent(let seconds):
            "the camera has sent no picture for \(seconds) s; unplug it and plug it in again"
        case .nonsense(let what): "the camera's driver says what cannot be: \(what)"
        case .failed(let code): "the camera failed: \(Self.words(code)); unplug it and plug it in again"
        case .frozen: "the camera gives the same picture again and again; unplug it and plug it in again"
        case .looped: "the camera gives pictures that it gave before: this is a recording, not somebody in front of it"
        case .tenBitsAsEight:
            "the camera sends ten bits a pixel and says eight; its pictures cannot be used with this kernel's driver"
        case .covered: "the camera's shutter is closed; open it"
        case .black: "the camera sees nothing but black; open its shutter or the lid, or make light"
        case .unlit:
            "the infrared picture stays dark; open the shutter, and see that the camera's infrared lamp is switched on"
        case .green: "the camera gives green pictures: it has not started; unplug it and plug it in again"
        }
    }

    private static func list(_ names: [String]) -> String {
        "there " + (names.count == 1 ? "is " : "are ") + names.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    private static func words(_ code: Int32) -> String {
        let words = String(cString: strerror(code))
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}
