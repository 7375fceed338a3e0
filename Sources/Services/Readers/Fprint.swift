import CFprint
import Devices
import Dispatch
import Encoding
import Glibc

/// libfprint, which is loaded when it is first asked for readers.
package struct Fprint: ReaderSystem {
    /// One visit at a time in this process: libfprint has one main loop.
    private static let turn = DispatchSemaphore(value: 1)
    /// What somebody who only asks which readers there are may hold up a capture for.
    private static let patience = DispatchTimeInterval.seconds(3)

    /// - Parameter allowsVirtual: whether libfprint's test readers, which environment variables name, are readers. They are what
    ///   root's configuration says, and nothing that somebody's environment does.
    package init(allowsVirtual: Bool) {
        if !allowsVirtual { Self.dropVariables() }
    }

    package func visit() throws(ReaderFault) -> any ReaderVisit {
        guard semblance_fprint_load() == 0 else { throw .noLibrary }
        guard Self.turn.wait(timeout: .now() + Self.patience) == .success else { throw .silent }
        guard let visit = semblance_fprint_visit() else {
            Self.turn.signal()
            throw .failed("out of memory")
        }
        let found = FprintVisit(visit, maximumReaders: ReaderListing.maximumReaders) { Self.turn.signal() }
        if found.readers.isEmpty, semblance_fprint_lacks_usb() != 0 {
            found.leave(isOver: true)
            throw .noUSB
        }
        return found
    }

    /// Takes libfprint's variables out of this process's environment. Called before its threads ask libfprint anything.
    private static func dropVariables() {
        var names: [String] = []
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if text.hasPrefix("FP_"), let end = text.firstIndex(of: "=") { names.append(String(text[..<end])) }
            entry += 1
        }
        for name in names { unsetenv(name) }
    }
}

/// A visit to libfprint's readers; all of it blocks, and no more than one thread uses it.
final class FprintVisit: ReaderVisit {
    let readers: [ReaderDescription]
    private let visit: OpaquePointer
    private let onLeave: () -> Void

    init(_ visit: OpaquePointer, maximumReaders: Int, onLeave: @escaping () -> Void) {
        (self.visit, self.onLeave) = (visit, onLeave)
        readers = (0..<min(semblance_fprint_count(visit), maximumReaders)).map { index in
            var info = semblance_fprint_info()
            semblance_fprint_describe(visit, index, &info)
            return ReaderDescription(info)
        }
    }

    var isFingerToLift: Bool { semblance_fprint_finger(visit) == 2 }

    func begin(_ step: ReaderStep) {
        switch step {
        case .open(let index): semblance_fprint_open(visit, index)
        case .capture: semblance_fprint_capture(visit)
        case .close: semblance_fprint_close(visit)
        }
    }

    func work(milliseconds: Int) -> Bool { semblance_fprint_work(visit, UInt32(milliseconds)) == 1 }

    func rest(milliseconds: Int) { semblance_fprint_rest(UInt32(milliseconds)) }

    func cancel() { semblance_fprint_cancel(visit) }

    func outcome() throws(ReaderError) {
        var error = semblance_fprint_error()
        guard semblance_fprint_outcome(visit, &error) != 0 else { return }
        throw ReaderError(error)
    }

    func picture() -> DriverPicture? {
        var picture = semblance_fprint_picture()
        semblance_fprint_picture(visit, &picture)
        guard let bytes = picture.bytes else { return nil }
        return DriverPicture(
            width: Int(picture.width),
            height: Int(picture.height),
            bytes: UnsafeBufferPointer(start: bytes, count: picture.count),
            perMillimetre: picture.per_millimetre
        )
    }

    /// Where a step has not ended, libfprint goes on using what it has: it is left to it, and no other visit begins.
    func leave(isOver: Bool) {
        guard isOver else { return }
        semblance_fprint_leave(visit)
        onLeave()
    }
}

extension ReaderDescription {
    init(_ info: semblance_fprint_info) {
        func text(_ field: some Any) -> String { withUnsafeBytes(of: field) { DriverText.shown($0) } }
        self.init(
            driver: text(info.driver),
            identifier: text(info.identifier),
            product: text(info.name),
            isSwipe: info.is_swipe != 0,
            givesPictures: info.gives_pictures != 0
        )
    }
}

extension ReaderError {
    init(_ error: semblance_fprint_error) {
        let words = withUnsafeBytes(of: error.message) { DriverText.shown($0) }
        switch (Int(error.domain), error.code) {
        case (semblance_fprint_retry, semblance_fprint_too_short): self = .tooShort
        case (semblance_fprint_retry, semblance_fprint_centre): self = .offCentre
        case (semblance_fprint_retry, semblance_fprint_remove_finger): self = .mustLift
        case (semblance_fprint_retry, _): self = .again
        case (semblance_fprint_device, semblance_fprint_removed): self = .removed
        case (semblance_fprint_device, semblance_fprint_too_hot): self = .tooHot
        case (semblance_fprint_device, semblance_fprint_not_supported): self = .unsupported
        case (semblance_fprint_device, semblance_fprint_busy): self = .busy
        case (semblance_fprint_device, semblance_fprint_already_open): self = .busy
        case (semblance_fprint_io, semblance_fprint_io_cancelled): self = .cancelled
        case (semblance_fprint_io, semblance_fprint_io_denied): self = .denied
        case (semblance_fprint_io, semblance_fprint_io_busy): self = .busy
        case (semblance_fprint_usb, let code): self = Self.usb(code, words)
        default: self = .other(words)
        }
    }

    /// GUsbDeviceError has a code for few errors; for others libusb's number stands behind the words: "USB error on device
    /// 0000:0000 : Resource busy [-6]".
    private static func usb(_ code: Int32, _ words: String) -> ReaderError {
        let (noDevice, permissionDenied): (Int32, Int32) = (4, 9)
        if code == noDevice || words.hasSuffix("[-4]") { return .removed }
        if code == permissionDenied || words.hasSuffix("[-3]") { return .denied }
        return words.hasSuffix("[-6]") ? .busy : .other(words)
    }
}

/// Text that a device or its driver gave, fit for a terminal and a log.
enum DriverText {
    static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
        DisplayName.shown(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }
}
