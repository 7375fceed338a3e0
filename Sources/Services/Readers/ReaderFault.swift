import Devices

/// Why a reader gives no picture.
public enum ReaderFault: Error, Equatable, Sendable {
    case noLibrary
    case noUSB
    /// - Parameter present: the names of those that there are.
    case noReader(name: String?, present: [String])
    /// A name of several devices.
    case ambiguous(name: String, present: [String])
    /// It compares fingers itself, and shows nothing.
    case matchesOnChip(product: String)
    case notPermitted
    case busy
    /// It was there, and is no more.
    case unplugged
    case tooHot
    /// The driver does not come back.
    case silent
    /// Neither driver nor configuration says how large a pixel is.
    case noResolution
    /// What the driver says cannot be.
    case nonsense(String)
    /// A picture that was seen before.
    case recording
    case failed(String)

    // What the person in front of it can do.
    case swipe
    case tooShort
    case offCentre
    case lift
    case again

    package var mayPass: Bool {
        switch self {
        case .noReader, .notPermitted, .busy, .unplugged, .failed: true
        default: false
        }
    }

    /// Whether the person in front of the reader can change it.
    public var isPersonal: Bool {
        switch self {
        case .swipe, .tooShort, .offCentre, .lift, .again: true
        default: false
        }
    }

    /// What a step's error says of a device that was there; nil where the step was ended by us.
    init?(_ error: ReaderError, product: String) {
        switch error {
        case .tooShort: self = .tooShort
        case .offCentre: self = .offCentre
        case .mustLift: self = .lift
        case .again: self = .again
        case .cancelled: return nil
        case .busy: self = .busy
        case .denied: self = .notPermitted
        case .removed: self = .unplugged
        case .tooHot: self = .tooHot
        case .unsupported: self = .matchesOnChip(product: product)
        case .other(let words): self = .failed(words)
        }
    }
}

extension ReaderFault: DeviceFault, CustomStringConvertible {
    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .noLibrary: "fingerprint readers take libfprint; install the package libfprint-2-2"
        case .noUSB:
            "USB cannot be used here; the sensor's unit must have RestrictAddressFamilies=AF_NETLINK, as that of "
                + "semblance-sensor@reader has"
        case .noReader(nil, _):
            "there is no fingerprint reader that libfprint knows; plug one in, or look whether the firmware has switched it off"
        case .noReader(let name?, let present):
            "there is no fingerprint reader \"\(name)\"; "
                + (present.isEmpty ? "there is none at all" : Self.list(present))
        case .ambiguous(let name, let present):
            "several fingerprint readers are called \"\(name)\"; \(Self.list(present)): unplug one, or take the whole name"
        case .matchesOnChip(let product):
            "\(product) compares fingers on its own chip and gives no picture, so Semblance cannot use it; take a reader that "
                + "gives pictures, or a camera, or log in by this one with fprintd"
        case .notPermitted:
            "the fingerprint reader may not be opened; its device in /dev/bus/usb must belong to the group semblance-sensor, and "
                + "the sensor's unit must have DeviceAllow=char-usb_device"
        case .busy:
            "another program is using the fingerprint reader; end it, or stop fprintd (systemctl stop fprintd)"
        case .unplugged: "the fingerprint reader is gone; plug it in again"
        case .tooHot: "the fingerprint reader is too hot; let it rest for some minutes"
        case .silent: "the fingerprint reader's driver does not answer; unplug the reader and plug it in again"
        case .noResolution:
            "the fingerprint reader does not say its resolution; name it in the sensor's configuration, 500 dots per inch for most"
        case .nonsense(let what): "the fingerprint reader's driver says what cannot be: \(what)"
        case .recording:
            "the fingerprint reader gives a picture that it gave before: this is a recording, not a finger"
        case .failed(let words): "the fingerprint reader failed: \(words); unplug it and plug it in again"
        case .swipe: "draw the finger over the reader, slowly and evenly"
        case .tooShort: "that was too short; draw the whole finger over the reader"
        case .offCentre: "put the finger on the middle of the reader"
        case .lift: "lift the finger from the reader"
        case .again: "the finger was not seen well; lift it and try again"
        }
    }

    private static func list(_ names: [String]) -> String {
        "there " + (names.count == 1 ? "is " : "are ") + names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
