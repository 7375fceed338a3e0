import Devices
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Readers

/// libfprint itself, by its test reader `virtual_image`: what is sent to its socket, while it is open, is what it sees. Needs no device.
@Suite(
    "libfprint's test reader",
    .serialized,
    .enabled(if: VirtualReader.isThere, "no libfprint with its test readers: install libfprint-2-2")
)
struct VirtualReaderTests {
    private static let choice = ReaderChoice(name: "virtual_image", dotsPerInch: 500)
    /// Sizes and pixels in which libfprint sees minutiae; without any it asks for another touch.
    private static let (width, height) = (320, 384)

    private static func pixels(_ seed: Int) -> [UInt8] {
        (0..<width * height).map { UInt8(truncatingIfNeeded: ($0 &* 7919 &+ seed &* 104_729) >> 3) }
    }

    /// Looks once, while `deeds` are done on the reader, each when it is open.
    private static func look(
        _ deeds: [[Int32]] = [],
        pictures: [[UInt8]] = [],
        time: Duration = .seconds(20),
        patience: Duration = .seconds(4),
        onOpen: @escaping @Sendable (TestDesk) -> Void = { _ in }
    ) -> TestDesk {
        let path = NSTemporaryDirectory() + "reader-" + UUID().uuidString.prefix(8)
        setenv("FP_VIRTUAL_IMAGE", path, 1)
        defer { unlink(path) }
        let desk = TestDesk(wanted: max(pictures.count, 1), time: time)
        let touches = pictures.map { [Int32(width), Int32(height)].bytes + $0 }
        let finger = Thread {
            var connection: VirtualFinger?
            for message in deeds.map(\.bytes) + touches {
                if connection?.hasEnded(milliseconds: 600) ?? true { connection = VirtualFinger(path, desk) }
                guard let connection else { return }
                onOpen(desk)
                connection.send(message)
            }
            _ = connection?.hasEnded(milliseconds: 3000)
        }
        finger.start()
        var memory = FrameMemory(capacity: ReaderLook.remembered)
        ReaderLook(choice, system: Fprint(allowsVirtual: true), patience: patience).look(for: desk, &memory)
        desk.leave()
        while !finger.isFinished { usleep(1000) }
        return desk
    }

    /// Whether it holds in one of a few looks. Between the finger's thread and libfprint's there are moments: what comes before a
    /// capture has begun is lost, as it is of a person who is too fast, and on a busy machine the finger may be.
    private static func holds(_ body: () -> Bool) -> Bool { (0..<4).contains { _ in body() } }

    @Test("a picture comes byte for byte, and a second one by a second touch")
    func picture() throws {
        var desk = TestDesk(wanted: 0, time: .zero)
        let hasBoth = Self.holds {
            desk = Self.look(pictures: [Self.pixels(1), Self.pixels(2)])
            return desk.pictures.count == 2
        }
        try #require(hasBoth)
        for (picture, pixels) in zip(desk.pictures, [Self.pixels(1), Self.pixels(2)]) {
            #expect(picture.image.width == Self.width && picture.image.height == Self.height)
            #expect(picture.image.pixels == pixels)
        }
    }

    @Test("unplugged in mid capture, and plugged in again")
    func unplugged() {
        #expect(
            Self.holds {
                let desk = Self.look([[-5, 0]], pictures: [Self.pixels(2)])
                return desk.advice == [.swipe, .unplugged, .swipe] && desk.pictures.count == 1 && desk.fault == nil
            }
        )
    }

    @Test("unplugged for good is told", arguments: [false, true])
    func gone(withFinger: Bool) {
        let deeds: [[Int32]] = withFinger ? [[-3, 0, -4, 1, -5, 0]] : [[-5, 0]]
        // The test reader comes back at once: it is not waited for.
        #expect(
            Self.holds {
                let desk = Self.look(deeds, patience: .zero)
                return desk.fault == .unplugged && desk.pictures.isEmpty
            }
        )
    }

    @Test(
        "libfprint's reasons for another try",
        arguments: zip([Int32(0), 1, 2, 3], [ReaderFault.again, .tooShort, .offCentre, .lift])
    )
    func retries(_ code: Int32, _ advice: ReaderFault) {
        #expect(
            Self.holds {
                let desk = Self.look([[-1, code]], pictures: [Self.pixels(3)])
                return desk.advice == [.swipe, advice] && desk.pictures.count == 1
            }
        )
    }

    @Test(
        "libfprint's errors",
        arguments: zip(
            [Int32(4), 0x101, 1, 0x100],
            [
                ReaderFault.busy, .tooHot,
                .matchesOnChip(
                    product: "Virtual image device for debugging"
                ), .unplugged,
            ]
        )
    )
    func errors(_ code: Int32, _ fault: ReaderFault) {
        #expect(Self.holds { Self.look([[-2, code]], patience: .zero).fault == fault })
    }

    @Test("a protocol error is told in the driver's words")
    func words() {
        guard case .failed(let words) = Self.look([[-2, 5]], patience: .zero).fault else {
            Issue.record("another fault")
            return
        }
        #expect(!words.isEmpty && !words.contains("\n"))
    }

    @Test("a look ends within its time, and at once when it is left; the next finds the reader free")
    func ends() {
        for isLeft in [false, true] {
            let start = ContinuousClock.now
            let desk = Self.look(
                [[-3, 0]],
                time: isLeft ? .seconds(600) : .seconds(1),
                onOpen: { if isLeft { $0.leave() } }
            )
            #expect(desk.fault == nil && desk.pictures.isEmpty)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
        #expect(Self.holds { Self.look(pictures: [Self.pixels(4)]).pictures.count == 1 })
    }

    @Test("a look with a finger that stays lying says so, and ends")
    func lying() {
        let header = [Int32(-3), 0, -4, 1, Int32(Self.width), Int32(Self.height)]
        let words = Self.pixels(5).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
        let desk = Self.look([header + words], time: .seconds(3))
        #expect(desk.advice == [.swipe, .lift] && desk.pictures.isEmpty && desk.fault == nil)
    }

    @Test("looks leave no descriptor and no thread behind")
    func leaks() throws {
        func count(_ what: String) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/" + what).count
        }
        _ = Self.look([[-3, 0]], time: .milliseconds(200))
        let before = (descriptors: try count("fd"), threads: try count("task"))
        for _ in 0..<8 { _ = Self.look([[-3, 0]], time: .milliseconds(200)) }
        // What else runs in this process takes a few.
        #expect(try count("fd") <= before.descriptors + 4 && count("task") <= before.threads + 4)
    }

    @Test("two looks at a time: the second waits for the first")
    func turns() throws {
        let system = Fprint(allowsVirtual: true)
        setenv("FP_VIRTUAL_IMAGE", "/nonexistent", 1)
        let first = try system.visit()
        let isSecond = Mutex(false)
        let second = Thread {
            let visit = try? system.visit()
            isSecond.withLock { $0 = visit != nil }
            visit?.leave(isOver: true)
        }
        second.start()
        usleep(200_000)
        #expect(!isSecond.withLock { $0 })
        first.leave(isOver: true)
        while !second.isFinished { usleep(1000) }
        #expect(isSecond.withLock { $0 })
    }

    @Test("without root's word libfprint's variables are dropped, and there is no test reader")
    func variables() throws {
        setenv("FP_VIRTUAL_IMAGE", "/nonexistent", 1)
        setenv("FP_VIRTUAL_DEVICE_STORAGE", "/nonexistent", 1)
        setenv("FP_DRIVERS_WHITELIST", "virtual_image", 1)
        let visit = try Fprint(allowsVirtual: false).visit()
        defer { visit.leave(isOver: true) }
        #expect(!visit.readers.contains { $0.driver.hasPrefix("virtual_") })
        for name in ["FP_VIRTUAL_IMAGE", "FP_VIRTUAL_DEVICE_STORAGE", "FP_DRIVERS_WHITELIST"] {
            #expect(getenv(name) == nil, "\(name)")
        }
    }
}

private enum VirtualReader {
    static var isThere: Bool {
        setenv("FP_VIRTUAL_IMAGE", "/nonexistent", 1)
        return ReaderList().entries.contains { $0.name == "virtual_image" }
    }
}

/// A connection to the test reader, which is there while it is open.
private final class VirtualFinger {
    private let descriptor: Int32

    init?(_ path: String, _ desk: TestDesk) {
        while !desk.isOver {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            if Self.connect(descriptor, path) {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
            usleep(10_000)
        }
        return nil
    }

    deinit { close(descriptor) }

    private static func connect(_ descriptor: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    func send(_ bytes: [UInt8]) {
        // A capture begins a moment after the reader was opened.
        usleep(100_000)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Whether the reader was closed, in that time.
    func hasEnded(milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) > 0
    }
}

extension [Int32] {
    fileprivate var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
