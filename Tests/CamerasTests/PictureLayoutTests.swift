import CV4L2
import CameraTestSupport
import Foundation
import Imaging
import Testing

@testable import Cameras

@Suite("pictures from memory")
struct PictureLayoutTests {
    private static func picture(
        _ code: UInt32,
        _ bytes: [UInt8],
        width: Int = 4,
        height: Int = 2,
        stride: Int = 0,
        isFullRange: Bool = true,
        depth: UInt16 = 0
    ) throws -> [UInt8] {
        let answer = VideoLayout(code: code, width: width, height: height, stride: stride, isFullRange: isFullRange)
        let layout = try #require(PictureLayout(answer))
        var depth = depth
        return try bytes.withUnsafeBytes { try layout.picture($0, depth: &depth).image.pixels }
    }

    private static func words(_ values: [UInt16]) -> [UInt8] {
        values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    @Test("luma of YUYV and NV12, bytes of GREY; rows may be longer than the picture")
    func eightBits() throws {
        let expected: [UInt8] = [10, 20, 30, 40, 50, 60, 70, 80]
        #expect(try Self.picture(semblance_video_grey, expected) == expected)
        #expect(
            try Self.picture(semblance_video_grey, [10, 20, 30, 40, 0, 0, 50, 60, 70, 80], stride: 6) == expected
        )
        #expect(try Self.picture(semblance_video_yuyv, expected.flatMap { [$0, UInt8(128)] }) == expected)
        #expect(try Self.picture(semblance_video_nv12, expected + [128, 128, 128, 128]) == expected)
    }

    @Test("16...235 is stretched where the driver says so, and what lies outside is cut off")
    func range() throws {
        let luma: [UInt8] = [0, 16, 125, 126, 235, 255, 17, 234]
        let bytes = luma.flatMap { [$0, UInt8(128)] }
        #expect(
            try Self.picture(semblance_video_yuyv, bytes, isFullRange: false) == [0, 0, 126, 128, 255, 255, 1, 253]
        )
    }

    @Test("words of 10 bits by their upper eight, of 16 by theirs; a dark frame of a deep stream is not made bright")
    func deep() throws {
        let ten = Self.words([0, 3, 4, 512, 1020, 1023, 100, 200])
        #expect(try Self.picture(semblance_video_y10, ten) == [0, 0, 1, 128, 255, 255, 25, 50])
        #expect(try Self.picture(semblance_video_y16, ten) == [0, 0, 1, 128, 255, 255, 25, 50])
        #expect(try Self.picture(semblance_video_y16, ten, depth: 40_000) == [0, 0, 0, 2, 3, 3, 0, 0])
        let sixteen = Self.words([0, 256, 65535, 32768, 255, 511, 512, 4096])
        #expect(try Self.picture(semblance_video_y16, sixteen) == [0, 1, 255, 128, 0, 1, 2, 16])
        // Some drivers shift Y10 to the left.
        #expect(try Self.picture(semblance_video_y10, sixteen) == [0, 1, 255, 128, 0, 1, 2, 16])
    }

    @Test("a frame that is too short is damaged, by one byte as well")
    func short() throws {
        for (code, count) in [
            (semblance_video_grey, 8), (semblance_video_yuyv, 16), (semblance_video_nv12, 8), (semblance_video_y16, 16),
        ] {
            _ = try Self.picture(code, [UInt8](repeating: 100, count: count))
            #expect(throws: PictureLayout.Fault.damaged) {
                try Self.picture(code, [UInt8](repeating: 100, count: count - 1))
            }
        }
    }

    /// 32 x 16, from 20 at the left above to 220 at the right below; without Huffman tables, as UVC cameras send them.
    private static let jpeg = """
        /9j/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/2wBD\
        AQUFBQcGBw4ICA4eFBEUHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh7/wAARCAAQACAD\
        ASIAAhEBAxEB/9oADAMBAAIRAxEAPwDwLRdL+78tdxoul/d+WjRdL+78tdvoml/d+WgA0TS/u/LXcaLpf3flo0XS/u/LXcaLpf3f\
        loA//9k=
        """

    @Test(
        "a JPEG of the size that was agreed on is decoded, with zeros behind it; another size, or half of one, is not"
    )
    func jpeg() throws {
        let file = [UInt8](try #require(Data(base64Encoded: Self.jpeg)))
        func picture(_ bytes: [UInt8], width: Int = 32) throws -> [UInt8] {
            try Self.picture(semblance_video_mjpeg, bytes, width: width, height: 16)
        }
        let pixels = try picture(file + [UInt8](repeating: 0, count: 4000))
        #expect(pixels.count == 32 * 16 && abs(Int(pixels[0]) - 20) < 8 && abs(Int(pixels[32 * 16 - 1]) - 220) < 8)
        for (bytes, width) in [(file, 24), (Array(file.prefix(file.count / 2)), 32), ([], 32)] {
            #expect(throws: PictureLayout.Fault.damaged) { try picture(bytes, width: width) }
        }
    }
}

@Suite("capture modes")
struct CaptureModeTests {
    private static func first(_ sizes: [VideoSizes], _ formats: [UInt32], _ kind: CameraKind = .auto) -> String? {
        var behaviour = FakeDevice.Behaviour()
        (behaviour.sizes, behaviour.formats) = (sizes, formats)
        let video = FakeVideo(behaviour)
        guard let device = try? video.open(FakeVideo.node()) else { return nil }
        return CaptureMode.offered(by: device, kind.formats).first?.words
    }

    @Test("the size nearest to 640 x 480, and of formats the first that comes in it")
    func size() {
        let sizes = [(320, 240), (640, 480), (1920, 1080)].map { VideoSizes(width: $0.0, height: $0.1) }
        #expect(Self.first(sizes, [semblance_video_mjpeg, semblance_video_yuyv]) == "YUYV 640 x 480")
        #expect(Self.first(sizes, [semblance_video_mjpeg]) == "MJPEG 640 x 480")
        #expect(Self.first([sizes[0], sizes[2]], [semblance_video_yuyv]) == "YUYV 320 x 240")
        let steps = VideoSizes(widths: (48, 1920, 16), heights: (32, 1080, 30))
        #expect(Self.first([steps], [semblance_video_grey]) == "GREY 640 x 452")
        #expect(Self.first([], [semblance_video_grey]) == "GREY 640 x 480")
        #expect(Self.first(sizes, [0x3132_3334]) == nil)
    }
}

@Suite("choice of a camera")
struct CameraChoiceTests {
    /// A laptop's camera: colour, its metadata, infrared; and another one.
    private static func laptop() -> FakeVideo {
        func behaviour(_ formats: [UInt32], isCapture: Bool = true) -> FakeDevice.Behaviour {
            var behaviour = FakeDevice.Behaviour()
            (behaviour.formats, behaviour.isCapture) = (formats, isCapture)
            return behaviour
        }
        func node(_ number: Int, _ card: String, _ device: String, _ link: String) -> VideoNode {
            FakeVideo.node(number, card: card, device: device, links: ["/dev/v4l/by-id/" + link])
        }
        return FakeVideo([
            .init(node(0, "Integrated Camera: C", "usb-1", "usb-c-index0"), behaviour([semblance_video_yuyv])),
            .init(node(1, "Integrated Camera: C", "usb-1", "usb-c-index1"), behaviour([], isCapture: false)),
            .init(node(2, "Integrated Camera: I", "usb-1", "usb-i-index0"), behaviour([semblance_video_grey])),
            .init(
                node(3, "Desk Camera", "usb-2", "usb-desk"),
                behaviour([semblance_video_mjpeg, semblance_video_grey])
            ),
        ])
    }

    private static func path(_ name: String?, _ kind: CameraKind) -> Result<String, CameraFault> {
        Result { () throws(CameraFault) in try CameraChoice(name: name, kind: kind).open(laptop()).node.path }
    }

    @Test(
        "infrared is preferred, told from colour by its formats, and found beside the colour sensor of the same device"
    )
    func kinds() {
        #expect(Self.path(nil, .auto) == .success("/dev/video2"))
        #expect(Self.path(nil, .colour) == .success("/dev/video0"))
        #expect(Self.path("Integrated Camera: C", .infrared) == .success("/dev/video2"))
        #expect(Self.path("usb-i-index0", .colour) == .success("/dev/video0"))
        #expect(Self.path("Desk Camera", .colour) == .success("/dev/video3"))
        let colour = FakeVideo(FakeDevice.Behaviour())
        #expect(
            colour.look(CameraChoice(name: "Fake Camera", kind: .infrared)).fault == .noInfrared(name: "Fake Camera")
        )
    }

    @Test("what is plugged in does not take the first camera's place, infrared or not")
    func pluggedIn() {
        func device(_ number: Int, _ bus: String, _ format: UInt32) -> FakeVideo.Entry {
            var behaviour = FakeDevice.Behaviour()
            behaviour.formats = [format]
            return .init(FakeVideo.node(number, card: bus, device: bus, links: []), behaviour)
        }
        let video = FakeVideo([device(0, "usb-1", semblance_video_yuyv), device(4, "usb-9", semblance_video_grey)])
        let found = Result { () throws(CameraFault) in try CameraChoice().open(video).node.path }
        #expect(found == .success("/dev/video0"))
    }

    @Test("a name of one sensor: without a kind it is that one, and who says that it is infrared is believed")
    func links() {
        #expect(Self.path("/dev/v4l/by-id/usb-c-index0", .auto) == .success("/dev/video0"))
        #expect(Self.path("usb-i-index0", .auto) == .success("/dev/video2"))
        #expect(Self.path("usb-desk", .infrared) == .success("/dev/video3"))
        #expect(Self.path("Desk Camera", .infrared) == .success("/dev/video3"))
    }

    @Test("two cameras of one name are told apart by their links")
    func ambiguous() {
        let video = FakeVideo([
            .init(FakeVideo.node(0, device: "usb-1", links: ["/dev/v4l/by-path/a"]), FakeDevice.Behaviour()),
            .init(FakeVideo.node(1, device: "usb-2", links: ["/dev/v4l/by-path/b"]), FakeDevice.Behaviour()),
        ])
        #expect(
            video.look(CameraChoice(name: "Fake Camera")).fault
                == .ambiguous(name: "Fake Camera", present: ["/dev/v4l/by-path/a", "/dev/v4l/by-path/b"])
        )
        #expect(video.look(CameraChoice(name: "b")).images.count == 1)
    }

    @Test("the list says what each can do, leaves metadata out, and starts nothing")
    func list() {
        let video = Self.laptop()
        let entries = CameraList(video).entries
        #expect(entries.map(\.path) == ["/dev/video0", "/dev/video2", "/dev/video3"])
        #expect(entries.map(\.isInfrared) == [false, true, false])
        #expect(entries[1].words == "infrared, GREY 640 x 480")
        #expect(entries[2].words == "colour, MJPEG 640 x 480, GREY 640 x 480")
        #expect(video.openCount == 0)
        var locked = FakeDevice.Behaviour()
        locked.openError = { _ in EACCES }
        #expect(CameraList(FakeVideo(locked)).entries.map(\.fault) == [.notPermitted(path: "/dev/video0")])
        var busy = FakeDevice.Behaviour()
        busy.formatError = EBUSY
        #expect(CameraList(FakeVideo(busy)).entries.map(\.fault) == [.busy(path: "/dev/video0")])
    }

    @Test("what a device calls itself reaches a terminal without what could steer it")
    func text() {
        #expect(PrintableText.of(Array("Cam\u{1B}[31m\u{202E}era\0rest".utf8)) == "Cam [31m era")
        #expect(PrintableText.of([0xFF, 0x41, 0]) == "\u{FFFD}A")
    }
}
