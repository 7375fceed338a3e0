import AlignmentTestSupport
import Foundation
import Imaging
import Testing

@testable import FingerprintAlignment

@Suite("finger aligner")
struct FingerAlignerTests {
    @Test("frames become crops of the model's size", arguments: Captures.all)
    func aligns(_ capture: Captures) throws {
        let aligner = try Captures.aligner()
        #expect(aligner.alignment == .finger128)
        let frame = try aligner.align(try capture.image)
        #expect(frame.image.width == 128 && frame.image.height == 128)
        #expect(0.05...1 ~= frame.quality)
    }

    @Test("a finger that is turned is turned back", arguments: [-12.0, -5, 7, 14])
    func turned(_ degrees: Double) throws {
        let aligner = try Captures.aligner()
        let angle = degrees * .pi / 180
        for capture in Captures.all where abs(capture.angle + angle) < 0.5 {
            let plain = try aligner.alignedFinger(in: try capture.image)
            let turned = try aligner.alignedFinger(in: try Pictures.turned(try capture.image, by: angle))
            #expect(abs(turned.measures.turn - plain.measures.turn - degrees) < 6)
            let (x, y) = (
                cos(angle) * plain.pose.x - sin(angle) * plain.pose.y,
                sin(angle) * plain.pose.x + cos(angle) * plain.pose.y
            )
            #expect(hypot(turned.pose.x - x, turned.pose.y - y) < 1)
            #expect(try Pictures.cosine(plain.crop, turned.crop) > 0.75)
        }
    }

    @Test("another finger's crop is nothing like it")
    func others() throws {
        let crops = try Captures.all.map { try Captures.aligner().alignedFinger(in: try $0.image).crop }
        for (index, crop) in crops.enumerated() {
            for other in crops[(index + 1)...] { #expect(try Pictures.cosine(crop, other) < 0.5) }
        }
    }

    @Test("the resolution is what it is told to be")
    func resolution() throws {
        let capture = try #require(Captures.all.first)
        let image = try capture.image
        let doubled = try Pictures.make(2 * image.width, 2 * image.height) { x, y in
            Int(image.pixels[y / 2 * image.width + x / 2])
        }
        #expect(
            try Captures.aligner(dotsPerInch: 1000).align(doubled).image == Captures.aligner().align(image).image
        )
    }

    @Test("no picture makes it trap", arguments: [250, 333, 500, 2000])
    func total(_ dotsPerInch: Int) throws {
        let aligner = try Captures.aligner(dotsPerInch: dotsPerInch)
        let sides = [1, 2, 3, 5, 9, 31, 160, 333, 1024, 4096]
        for width in sides {
            for height in sides where width * height <= 1 << 20 || width == height {
                let flat = try Pictures.make(width, height) { x, _ in x * 255 / width }
                for picture in [flat, try Pictures.noise(width, height, seed: UInt64(width * height))] {
                    do {
                        let frame = try aligner.align(picture)
                        #expect(frame.image.width == 128 && frame.image.height == 128)
                    } catch {
                        #expect(!error.advice.isEmpty)
                    }
                }
            }
        }
    }

    @Test("what is no finger is refused in words")
    func refused() throws {
        let aligner = try Captures.aligner()
        func advice(_ picture: GrayImage) -> String? {
            do {
                _ = try aligner.align(picture)
                return nil
            } catch {
                return error.advice
            }
        }
        let flat = try Pictures.make(288, 384) { _, _ in 240 }
        #expect(advice(flat) == "no finger seen: contrast 0, need 12")
        #expect(try #require(advice(try Pictures.noise(288, 384, seed: 5))).hasPrefix("noise, no ridges"))
        let hills = try Pictures.make(288, 384) { x, y in Int(128 + 60 * sin(Double(x) / 30) * cos(Double(y) / 30)) }
        #expect(try #require(advice(hills)).hasPrefix("no ridges seen"))
        let huge = try Pictures.make(1100, 900) { x, y in x ^ y }
        #expect(advice(huge) == "1100 x 900 pixels at 500 dots per inch are no picture of a finger")
        let capture = try #require(Captures.all.first)
        let image = try capture.image
        // A corner of the print on a large sensor, and on one that is no larger than that corner: 5 mm, and 10 mm.
        let corner = try Pictures.make(100, 100) { x, y in Int(image.pixels[(y + 130) * image.width + x + 100]) }
        let large = try Pictures.placed(corner, at: 90, 120, on: 288, 384)
        #expect(try #require(advice(large)).hasPrefix("too little of the finger"))
        #expect(
            advice(corner)
                == "the sensor is too small: it shows 25 mm2, need 144, which is 12 x 12 mm; use a larger one"
        )
        let small = try Pictures.make(197, 197) { x, y in Int(image.pixels[(y + 80) * image.width + x + 50]) }
        #expect(try #require(advice(small)).hasPrefix("the sensor is too small: it shows 100 mm2"))
    }

    @Test("each measure has its advice, with what there is and what is needed")
    func advice() {
        let good = FingerMeasures(
            view: 310,
            contrast: 60,
            area: 140,
            roughness: 2,
            period: 0.45,
            coverage: 120,
            turn: -8
        )
        func advice(_ change: (inout FingerMeasures) -> Void) -> String? {
            var measures = good
            change(&measures)
            return measures.advice
        }
        #expect(good.advice == nil && 0...1 ~= good.score)
        #expect(advice { $0.contrast = 7.9 } == "no finger seen: contrast 7, need 12")
        #expect(advice { $0.roughness = 0.58 } == "no ridges seen: roughness 5, need 11")
        #expect(
            advice { $0.roughness = 4.46 }
                == "noise, no ridges: roughness 44, at most 40; wipe sensor and finger"
        )
        #expect(advice { $0.area = 31.2 } == "too little of the finger: 31 mm2, need 70; press the whole fingertip")
        #expect(
            advice { $0.view = 99.9 }
                == "the sensor is too small: it shows 99 mm2, need 144, which is 12 x 12 mm; use a larger one"
        )
        #expect(advice { $0.view = 143.9 } == nil)
        #expect(
            advice { $0.period = 0.29 } == "ridges 290 um apart, not 340 to 660: is the resolution right?"
        )
        #expect(advice { $0.period = nil } == nil)
        #expect(advice { $0.turn = -61.5 } == "finger turned: 61 degrees, at most 35")
        #expect(
            advice { $0.coverage = 20 }
                == "off the middle: 20 mm2 about the finger's centre, need 45; put the fingertip's middle on the sensor"
        )
    }

    @Test("measures of stripes are those of the stripes", arguments: [0.36, 0.44, 0.52, 0.62])
    func stripes(_ period: Double) throws {
        // Rings about a point 2 mm right of the middle of a 12.2 x 14.2 mm picture, within 5 mm of it; 0.0508 mm a pixel.
        let (width, height) = (240, 280)
        let rings = try Pictures.make(width, height) { x, y in
            let distance = 0.0508 * hypot(Double(x) - 159.5, Double(y) - 139.5)
            return distance < 5 ? Int(128 + 90 * sin(2 * .pi * distance / period)) : 230
        }
        let raster = try #require(FingerRaster(rings, dotsPerInch: 500, maximumSide: 512))
        let frame = FingerFrame(raster)
        func measures(at x: Double) -> FingerMeasures {
            FingerMeasures(frame, evened: frame.evened, pose: FingerPose(x: x, y: 0, turn: 0.2), view: 172)
        }
        let there = measures(at: 2)
        #expect(abs(try #require(there.period) - period) < 0.04)
        // The disc, cut at the picture's right edge, and at most the window's half width about it.
        #expect(60...115 ~= there.area)
        #expect(abs(there.coverage - there.area) < 1)
        #expect(abs(there.turn - 0.2 * 180 / .pi) < 1e-9)
        // 9 mm further left the crop's right edge is 2.5 mm left of the disc's middle.
        let off = measures(at: -7)
        #expect(off.coverage < there.coverage / 2 && off.coverage > 5)
        #expect(measures(at: 40).coverage == 0)
    }

    @Test("pictures of twice the resolution that the sensor is told are noticed")
    func wrongResolution() throws {
        for capture in Captures.all {
            let finger = try Captures.aligner(dotsPerInch: 1000).alignedFinger(in: try capture.image)
            #expect(finger.measures.advice != nil)
            let period = try Captures.aligner().alignedFinger(in: try capture.image).measures.period
            #expect(FingerMeasures.periods.contains(try #require(period)))
        }
    }

    @Test("wet prints are taken at their resolution, and where they tell another one it is noticed")
    func wet() throws {
        var noticed = 0
        for (seed, capture) in Captures.all.enumerated() {
            let image = try Pictures.wet(try capture.image, seed: UInt64(seed + 1))
            let finger = try Captures.aligner().alignedFinger(in: image)
            #expect(finger.measures.advice == nil)
            // Told to be of 800 dots per inch, the same ridges seem 0.26 to 0.35 mm apart.
            let shrunk = try Captures.aligner(dotsPerInch: 800).alignedFinger(in: image).measures
            if let period = shrunk.period, !FingerMeasures.periods.contains(period) { noticed += 1 }
        }
        #expect(noticed >= 1)
    }

    @Test("a print that tells no distance of ridges passes")
    func untold() throws {
        let flat = [UInt8](repeating: 128, count: FingerFrame.width * FingerFrame.height)
        let everywhere = [Bool](repeating: true, count: flat.count)
        #expect(RidgePeriod.millimetres(flat, foreground: everywhere) == nil)
        #expect(RidgePeriod.millimetres(flat, foreground: everywhere.map { _ in false }) == nil)
        let noise = try Pictures.noise(FingerFrame.width, FingerFrame.height, seed: 3).pixels
        #expect(RidgePeriod.millimetres(noise, foreground: everywhere) == nil)
    }

    @Test("a localiser that is none is refused, and a resolution that no reader has")
    func setup() throws {
        func failure(_ path: String, _ dotsPerInch: Int = 500) -> FingerAligner.SetupError? {
            do {
                _ = try FingerAligner(localiser: path, dotsPerInch: dotsPerInch)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure("/nowhere") == .localiserUnreadable(path: "/nowhere"))
        let face = Captures.model("face-v2")
        #expect(failure(face) == .localiserUnusable(path: face))
        #expect(failure(#filePath) == .localiserUnusable(path: #filePath))
        #expect(failure(Captures.localiser, 249) == .resolutionOutOfRange(249))
        #expect(failure(Captures.localiser, 2001) == .resolutionOutOfRange(2001))
        #expect(failure(Captures.localiser) == nil)
    }
}
