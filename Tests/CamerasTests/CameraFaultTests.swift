import CV4L2
import CameraTestSupport
import Devices
import Foundation
import Synchronization
import Testing

@testable import Cameras

/// What peers' users report of their cameras, and what a hostile driver might say: each is told in words.
@Suite("camera faults")
struct CameraFaultTests {
    private static func behaviour(_ change: (inout FakeDevice.Behaviour) -> Void) -> FakeDevice.Behaviour {
        var behaviour = FakeDevice.Behaviour()
        change(&behaviour)
        return behaviour
    }

    @Test("a camera that works gives frames, and is closed when they are not wanted any more")
    func works() throws {
        let video = FakeVideo(Self.behaviour { _ in })
        let desk = video.look(wanted: 3)
        #expect(desk.images.count == 3 && desk.fault == nil && desk.advice.isEmpty)
        #expect(desk.images.allSatisfy { $0.width == 640 && $0.height == 480 })
    }

    @Test("no camera at all; none of that name: those that there are")
    func absent() {
        #expect(FakeVideo([]).look().fault == .noCamera(name: nil, present: []))
        let desk = FakeVideo(Self.behaviour { _ in }).look(CameraChoice(name: "Other"))
        #expect(desk.fault == .noCamera(name: "Other", present: ["Fake Camera"]))
        #expect("\(desk.fault!)".contains("\"Other\"; there is \"Fake Camera\""))
    }

    @Test("/dev/video0 is no name that stays, and the one that does is told")
    func unstable() {
        let desk = FakeVideo(Self.behaviour { _ in }).look(CameraChoice(name: "/dev/video0"))
        #expect(desk.fault == .unstableName("/dev/video0", stable: "Fake Camera"))
    }

    @Test("another program has it: waited for a while, then told")
    func busy() {
        let desk = FakeVideo(Self.behaviour { $0.formatError = EBUSY }).look()
        #expect(desk.fault == .busy(path: "/dev/video0") && desk.advice == [.busy(path: "/dev/video0")])
        #expect("\(desk.fault!)".contains("another program"))
    }

    @Test("given back in time by the other program: nothing is lost")
    func givenBack() {
        let desk = FakeVideo(Self.behaviour { $0.openError = { $0 < 2 ? EBUSY : nil } }).look(patience: .seconds(5))
        #expect(desk.images.count == 1 && desk.fault == nil)
    }

    @Test("no permission: group and unit are named")
    func permission() {
        let desk = FakeVideo(Self.behaviour { $0.openError = { _ in EACCES } }).look()
        #expect(desk.fault == .notPermitted(path: "/dev/video0"))
        #expect("\(desk.fault!)".contains("DeviceAllow=char-video4linux"))
    }

    @Test("no room on the bus: a smaller stream is tried, and if there is none it is told")
    func bandwidth() {
        let both = Self.behaviour {
            $0.formats = [semblance_video_yuyv, semblance_video_grey]
            $0.startError = { $0.code == semblance_video_yuyv ? ENOSPC : nil }
        }
        let desk = FakeVideo(both).look()
        #expect(desk.images.count == 1 && desk.fault == nil)
        #expect(FakeVideo(Self.behaviour { $0.startError = { _ in ENOSPC } }).look().fault == .noBandwidth)
    }

    @Test("the first frames are dark or green: they are passed over", arguments: [0, 1])
    func warmUp(_ kind: Int) {
        let behaviour = Self.behaviour { behaviour in
            behaviour.frame = { number, layout in
                guard number < 6 else { return FakeDevice.noise(number, layout) }
                return FakeDevice.yuyv(luma: kind == 0 ? 2 : 90, chroma: kind == 0 ? 128 : 0)(number, layout)
            }
        }
        let desk = FakeVideo(behaviour).look()
        #expect(desk.images.count == 1 && desk.advice.isEmpty && desk.fault == nil)
        let pixels = desk.images[0].pixels
        #expect(pixels.reduce(0) { $0 + Int($1) } / pixels.count > 100)
    }

    @Test("an exposure that rises is waited for")
    func exposure() {
        let behaviour = Self.behaviour { behaviour in
            behaviour.answer = { VideoLayout(code: $0.code, width: $0.width, height: $0.height, isFullRange: true) }
            behaviour.frame = { number, layout in
                let noise = FakeDevice.noise(number, layout)
                return noise.map { UInt8(clamping: Int($0) * min(number + 2, 10) / 10) }
            }
        }
        let image = FakeVideo(behaviour).look().images.first
        let mean = (image?.pixels ?? []).reduce(0) { $0 + Int($1) } / (640 * 480)
        #expect(mean > 110, "a frame of mean \(mean) was taken")
    }

    @Test("black for a while: shutter, lid or light; with the camera's own word if it has one; infrared: its lamp")
    func dark() {
        let dark = FakeDevice.yuyv(luma: 0, chroma: 128)
        let black = Self.behaviour { $0.frame = dark }
        #expect(FakeVideo(black).look(time: .milliseconds(400)).advice == [.black])
        let covered = Self.behaviour { ($0.frame, $0.covered) = (dark, true) }
        #expect(FakeVideo(covered).look(time: .milliseconds(400)).advice == [.covered])
        let infrared = Self.behaviour { ($0.frame, $0.formats) = (FakeDevice.plain(3), [semblance_video_grey]) }
        #expect(FakeVideo(infrared).look(time: .milliseconds(400)).advice == [.unlit])
        // The person opens it, and is seen.
        let opened = Self.behaviour {
            $0.frame = { $0 < 30 ? dark($0, $1) : FakeDevice.noise($0, $1) }
        }
        let desk = FakeVideo(opened).look()
        #expect(desk.advice == [.black] && desk.images.count == 1)
    }

    @Test("an infrared lamp that is lit in every other frame: the dark ones are passed over without a word")
    func flicker() {
        let behaviour = Self.behaviour { behaviour in
            behaviour.formats = [semblance_video_grey]
            behaviour.frame = { $0 % 2 == 0 ? FakeDevice.plain(2)($0, $1) : FakeDevice.noise($0, $1) }
        }
        let desk = FakeVideo(behaviour).look(wanted: 5)
        #expect(desk.images.count == 5 && desk.advice.isEmpty)
    }

    @Test("green for good: it has not started")
    func green() {
        let behaviour = Self.behaviour { $0.frame = FakeDevice.yuyv(luma: 90, chroma: 0) }
        #expect(FakeVideo(behaviour).look().fault == .green)
    }

    @Test("the same picture again and again is refused, once more than once is not")
    func frozen() {
        let frozen = Self.behaviour { $0.frame = { FakeDevice.noise($0 < 5 ? $0 : 5, $1) } }
        let desk = FakeVideo(frozen).look(wanted: 100)
        #expect(desk.fault == .frozen && desk.images.count < 6)
        let stutter = Self.behaviour { $0.frame = { FakeDevice.noise($0 / 2, $1) } }
        let other = FakeVideo(stutter).look(wanted: 5)
        #expect(other.images.count == 5 && Set(other.images).count == 5)
    }

    @Test("a recording that comes again is refused, within a look and over looks")
    func looped() {
        let loop = Self.behaviour { $0.frame = { FakeDevice.noise($0 % 7, $1) } }
        let desk = FakeVideo(loop).look(wanted: 100)
        #expect(desk.fault == .looped && desk.images.count <= 7)
        var memory = FrameMemory(capacity: CameraReader.remembered)
        let recording = Self.behaviour { $0.frame = { FakeDevice.noise($0 % 200, $1) } }
        #expect(FakeVideo(recording).look(wanted: 198, &memory).images.count == 198)
        let again = FakeVideo(recording).look(wanted: 2, &memory)
        #expect(again.fault == .looped && again.images.isEmpty)
    }

    @Test("unplugged while it looks: told; plugged in again in time, or awake again after a suspend: it goes on")
    func unplugged() {
        for code in [ENODEV, EIO] {
            let gone = Self.behaviour { $0.dequeueError = { $0 < 5 ? nil : code } }
            let desk = FakeVideo(gone).look(wanted: 100)
            #expect(desk.fault == (code == ENODEV ? .unplugged : .failed(code: EIO)))
        }
        let failures = Counter()
        let back = Self.behaviour { $0.dequeueError = { $0 == 4 && failures.next() < 2 ? ENODEV : nil } }
        let desk = FakeVideo(back).look(wanted: 10, patience: .seconds(5))
        #expect(desk.images.count == 10 && desk.fault == nil)
    }

    @Test("no camera in the first seconds after a resume: waited for")
    func late() {
        let video = FakeVideo([])
        let thread = Thread {
            usleep(300_000)
            video.plug([.init(FakeVideo.node(), FakeDevice.Behaviour())])
        }
        thread.start()
        let desk = video.look(patience: .seconds(5))
        #expect(desk.images.count == 1 && desk.advice == [.noCamera(name: nil, present: [])])
    }

    @Test("a camera that sends nothing, or nothing whole, is given up")
    func silent() {
        let silent = Self.behaviour { $0.frame = { _, _ in nil } }
        #expect(FakeVideo(silent).look(patience: .zero).fault == .silent(seconds: 3))
        let torn = Self.behaviour { $0.filled = { FilledBuffer(index: $1.index, used: 1000) } }
        let desk = FakeVideo(torn).look(time: .milliseconds(300))
        #expect(desk.images.isEmpty)
        let damaged = Self.behaviour { $0.filled = { FilledBuffer(index: $1.index, used: $1.used, isDamaged: $0 < 5) } }
        #expect(FakeVideo(damaged).look().images.count == 1)
    }

    @Test("ten bits a pixel where the driver says eight: told")
    func tenBits() {
        let behaviour = Self.behaviour { behaviour in
            behaviour.formats = [semblance_video_grey]
            behaviour.frame = { number, layout in
                FakeDevice.noise(number, layout).enumerated().map { $0 % 2 == 1 ? $1 % 3 : ($1 &- 100) &* 6 }
            }
        }
        #expect(FakeVideo(behaviour).look().fault == .tenBitsAsEight)
    }

    @Test("what a driver cannot mean is refused, and nothing outside its buffers is read")
    func hostile() {
        let layouts: [@Sendable (VideoLayout) -> VideoLayout] = [
            { VideoLayout(code: $0.code, width: 0, height: $0.height) },
            { VideoLayout(code: $0.code, width: 1 << 31, height: 1 << 31) },
            { VideoLayout(code: $0.code, width: 4096, height: 4096) },
            { VideoLayout(code: $0.code, width: $0.width, height: $0.height, stride: 1) },
            { VideoLayout(code: $0.code, width: $0.width, height: $0.height, stride: Int(UInt32.max)) },
            { VideoLayout(code: 0x3132_3334, width: $0.width, height: $0.height) },
        ]
        for index in layouts.indices {
            let desk = FakeVideo(Self.behaviour { $0.answer = layouts[index] }).look()
            guard case .nonsense = desk.fault else {
                Issue.record("layout \(index): \(String(describing: desk.fault))")
                continue
            }
        }
        let buffers: [@Sendable (FilledBuffer) -> FilledBuffer] = [
            { FilledBuffer(index: 4, used: $0.used) }, { FilledBuffer(index: Int(UInt32.max), used: $0.used) },
            { FilledBuffer(index: -1, used: $0.used) }, { FilledBuffer(index: $0.index, used: $0.used + 1) },
            { FilledBuffer(index: $0.index, used: Int(UInt32.max)) }, { FilledBuffer(index: $0.index, used: -1) },
        ]
        for index in buffers.indices {
            let desk = FakeVideo(Self.behaviour { $0.filled = { buffers[index]($1) } }).look()
            #expect(desk.images.isEmpty && desk.fault != nil, "buffer \(index)")
        }
        for count in [0, 1, -1] {
            let desk = FakeVideo(Self.behaviour { $0.bufferCount = { _ in count } }).look()
            #expect(desk.fault == .nonsense("\(count) buffers"))
        }
        #expect(FakeVideo(Self.behaviour { $0.bufferCount = { _ in 32 } }).look().images.count == 1)
        let sizes = [
            VideoSizes(width: 0, height: 0), VideoSizes(width: .max, height: .max),
            VideoSizes(widths: (.min, .max, .max), heights: (0, -1, -1)),
        ]
        #expect(FakeVideo(Self.behaviour { $0.sizes = sizes }).look().fault == .noFormat(card: "Fake Camera"))
    }

    @Test("every fault is words with something to do, and none is a name of Swift's")
    func words() {
        let faults: [CameraFault] = [
            .noCamera(name: nil, present: []), .noCamera(name: "a", present: ["b", "c"]),
            .ambiguous(name: "a", present: ["b", "c"]), .noInfrared(name: "a"), .noColour(name: "a"),
            .unstableName("/dev/video0", stable: nil), .notPermitted(path: "/dev/video0"), .busy(path: "/dev/video0"),
            .noFormat(card: "a"), .noBandwidth, .unplugged, .silent(seconds: 3), .nonsense("x"), .failed(code: EIO),
            .frozen, .looped, .tenBitsAsEight, .covered, .black, .unlit, .green,
        ]
        #expect(Set(faults.map { "\($0)" }).count == faults.count)
        for fault in faults {
            let words = "\(fault)"
            #expect(words.count > 20 && !words.contains("(") && !words.contains("Optional"), "\(words)")
        }
    }
}

final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
