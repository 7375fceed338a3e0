import AlignmentTestSupport
import Testing

@testable import FingerprintAlignment

@Suite("frames of fingers")
struct FingerFrameTests {
    /// Both are rounded to whole numbers, of sums in another order.
    private func expectAlike(_ ours: [UInt8], _ theirs: [UInt8]) {
        #expect(ours.count == theirs.count)
        let differences = zip(ours, theirs).map { abs(Int($0) - Int($1)) }
        #expect(differences.allSatisfy { $0 <= 1 })
        #expect(differences.count { $0 > 0 } <= ours.count / 200)
        #expect(Set(theirs).count > 100)
    }

    @Test("evened frames are the training's own", arguments: Captures.all)
    func evened(_ capture: Captures) throws {
        let raster = try #require(FingerRaster(try capture.image, dotsPerInch: 500, maximumSide: 512))
        #expect(raster.width == capture.width / 2 && raster.height == capture.height / 2)
        expectAlike(FingerFrame(raster).evened, Captures.greys(capture.frame))
    }

    @Test("crops are the training's own", arguments: Captures.all)
    func crops(_ capture: Captures) {
        expectAlike(FingerCrop.cut(Captures.greys(capture.frame), at: capture.pose), Captures.greys(capture.crop))
    }

    @Test("the integer localiser says what the floating-point one says", arguments: Captures.all)
    func pose(_ capture: Captures) throws {
        let finger = try Captures.aligner().alignedFinger(in: try capture.image)
        #expect(abs(finger.pose.x - capture.x) < 0.1 && abs(finger.pose.y - capture.y) < 0.1)
        #expect(abs(finger.pose.turn - capture.angle) < 0.01)
        #expect(finger.measures.advice == nil)
    }

    @Test(
        "samples are means of squares of 1/250 inch, at any resolution",
        arguments: [250, 300, 363, 500, 508, 1000, 2000]
    )
    func averages(_ dotsPerInch: Int) throws {
        let picture = try Pictures.noise(97 * dotsPerInch / 250 + 1, 61 * dotsPerInch / 250 + 1, seed: 3)
        let raster = try #require(FingerRaster(picture, dotsPerInch: dotsPerInch, maximumSide: 512))
        #expect(raster.width == picture.width * 250 / dotsPerInch)
        #expect(raster.height == picture.height * 250 / dotsPerInch)
        func border(_ pixels: Int, _ samples: Int) -> Int { (pixels * 250 - samples * dotsPerInch) / 500 }
        let (left, top) = (border(picture.width, raster.width), border(picture.height, raster.height))
        for (column, row) in [(0, 0), (1, 5), (raster.width - 1, raster.height - 1), (40, 33)] {
            // Pixel by pixel, by how much of it lies in the sample.
            func part(_ pixel: Int, of sample: Int) -> Double {
                let scale = Double(dotsPerInch) / 250
                let (start, end) = (Double(sample) * scale, Double(sample + 1) * scale)
                return max(0, min(end, Double(pixel + 1)) - max(start, Double(pixel)))
            }
            var (sum, weight) = (0.0, 0.0)
            for y in 0..<picture.height - top {
                for x in 0..<picture.width - left {
                    let share = part(x, of: column) * part(y, of: row)
                    sum += share * Double(picture.pixels[(y + top) * picture.width + x + left])
                    weight += share
                }
            }
            #expect(abs(Double(raster.greys[row * raster.width + column]) - sum / weight) < 1e-3)
        }
    }

    @Test("sides of nothing, or of more than a finger, give no raster")
    func sizes() throws {
        func raster(_ width: Int, _ height: Int) throws -> FingerRaster? {
            FingerRaster(try Pictures.make(width, height) { x, y in x ^ y }, dotsPerInch: 500, maximumSide: 512)
        }
        #expect(try raster(1, 300) == nil && raster(300, 1) == nil)
        #expect(try raster(1026, 4) == nil && raster(4, 1026) == nil)
        #expect(try raster(1025, 2) != nil)
    }

    @Test("a small sensor stands in the middle, its edges trimmed")
    func small() throws {
        let raster = try #require(
            FingerRaster(try Pictures.noise(101, 60, seed: 1), dotsPerInch: 250, maximumSide: 512)
        )
        let frame = FingerFrame(raster)
        // (160 - 101) / 2 = 29, (192 - 60) / 2 = 66; two samples less on each side.
        #expect(frame.contrast.columns == 31..<128 && frame.contrast.rows == 68..<124)
        let evened = frame.evened
        for row in 0..<FingerFrame.height {
            for column in 0..<FingerFrame.width where !(31..<128 ~= column && 68..<124 ~= row) {
                #expect(evened[row * FingerFrame.width + column] == 128)
            }
        }
        let few = try #require(FingerRaster(try Pictures.noise(4, 4, seed: 1), dotsPerInch: 250, maximumSide: 512))
        #expect(FingerFrame(few).evened.allSatisfy { $0 == 128 })
    }

    @Test("of a large picture the part with the finger is looked at")
    func large() throws {
        let capture = try #require(Captures.all.first)
        let aligner = try Captures.aligner()
        let alone = try aligner.alignedFinger(in: try capture.image)
        for (x, y) in [(0, 0), (300, 150), (500, 400)] {
            let image = try Pictures.placed(try capture.image, at: x, y, on: 800, 760)
            let finger = try aligner.alignedFinger(in: image)
            #expect(try Pictures.cosine(alone.crop, finger.crop) > 0.75)
            #expect(finger.measures.advice == nil)
        }
    }
}
