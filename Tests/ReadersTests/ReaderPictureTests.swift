import ReaderTestSupport
import Testing

@testable import Readers

/// What a driver says of a picture is checked before anything is made of it.
@Suite("reader pictures")
struct ReaderPictureTests {
    private static func look(_ picture: FakePicture, _ choice: ReaderChoice = ReaderChoice()) -> TestDesk {
        FakeReaders { $0.touch = { _ in .picture(picture) } }.look(choice)
    }

    private static func isNonsense(_ fault: ReaderFault?) -> Bool {
        if case .nonsense = fault { return true }
        return false
    }

    @Test("sizes that cannot be, and lengths that do not fit them")
    func sizes() {
        for (width, height) in [(7, 100), (100, 7), (4097, 8), (8, 4097), (0, 0), (65535, 65535), (-1, 100)] {
            #expect(Self.isNonsense(Self.look(FakePicture(width: width, height: height, bytes: [1, 2, 3])).fault))
        }
        for count in [0, 99 * 100, 101 * 100] {
            let picture = FakePicture(width: 100, height: 100, bytes: [UInt8](repeating: 1, count: count))
            #expect(Self.isNonsense(Self.look(picture).fault))
        }
        #expect(Self.look(FakePicture(width: 8, height: 4096)).pictures.count == 1)
    }

    @Test("the driver's resolution, if it can be; the configuration's goes before it, and none is no picture")
    func resolutions() {
        let side = 200
        func look(_ perMillimetre: Double, _ dotsPerInch: Int? = nil) -> TestDesk {
            let picture = FakePicture(width: side, height: side, perMillimetre: perMillimetre)
            return Self.look(picture, ReaderChoice(dotsPerInch: dotsPerInch))
        }
        #expect(look(508 / 25.4).pictures.first?.dotsPerInch == 508)
        #expect(look(0).fault == .noResolution)
        for value in [-19.7, 9.7, 80, .nan, .infinity, 1e300] { #expect(Self.isNonsense(look(value).fault)) }
        for value in [0, 508 / 25.4, .nan, -1] {
            let desk = look(value, 363)
            #expect(desk.pictures.count == 1 && desk.pictures[0].dotsPerInch == nil)
        }
    }

    @Test("light ridges are made dark")
    func ridges() throws {
        let picture = FakePicture(seed: 1)
        let dark = try #require(Self.look(picture).pictures.first)
        let light = try #require(Self.look(picture, ReaderChoice(ridges: .light)).pictures.first)
        #expect(dark.image.pixels == picture.bytes)
        #expect(zip(dark.image.pixels, light.image.pixels).allSatisfy { $0 == 255 - $1 })
    }

    @Test("what a driver writes into its names steers no terminal")
    func names() {
        let text = Array("Acme\u{1b}[2J\u{202e} \n".utf8) + [0xff, 0, 65]
        #expect(text.withUnsafeBytes { DriverText.shown($0) } == "Acme?[2J? ?\u{fffd}")
    }
}
