import AlignmentTestSupport
import Imaging
import Testing

@testable import FaceAlignment

/// The whole aligner on faces that are drawn, so that everything but one thing can be kept the same.
@Suite("aligner on drawn faces", .enabled(if: Shared.hasCascade, "Debian's package opencv-data is not installed"))
struct DrawnFaceTests {
    private func advice(_ frame: GrayImage) throws -> String? {
        let aligner = try FaceAligner()
        do {
            _ = try aligner.align(frame)
            return nil
        } catch {
            return error.advice
        }
    }

    @Test("under one lamp every skin is taken, in good light and in a third of it", arguments: [1.0, 0.33])
    func skins(_ lamp: Double) throws {
        for skin in DrawnFace.skins {
            let frame = try DrawnFace(skin: skin, lamp: lamp).picture()
            #expect(try advice(frame) == nil, "skin \(skin)")
        }
    }

    @Test("hardly any light is too little for all of them, and the camera's grain for all of them")
    func dark() throws {
        for skin in DrawnFace.skins {
            #expect(try advice(try DrawnFace(skin: skin, lamp: 0.01).picture()) != nil)
            #expect(try advice(try DrawnFace(skin: skin, lamp: 0.1, grain: 16).picture()) != nil)
        }
    }

    /// A face of the middle, and others of a size at places; all on one wall.
    private func scene(_ others: [(size: Double, x: Int, y: Int)]) throws -> GrayImage {
        let face = try DrawnFace(skin: 0.24).picture()
        let wall = Int(face.pixels[0])
        var greys = [Int](repeating: wall, count: 900 * 440)
        for (size, left, top) in [(1.0, 280, 50)] + others {
            let side = Int(Double(DrawnFace.side) * size)
            let picture = try Pictures.view(face, side, side, by: Similarity(a: 1 / size, b: 0, shiftX: 0, shiftY: 0))
            for y in 0..<side {
                for x in 0..<side where 0..<900 ~= x + left && 0..<440 ~= y + top {
                    greys[(y + top) * 900 + x + left] = Int(picture.pixels[y * side + x])
                }
            }
        }
        return try Pictures.make(900, 440) { greys[$1 * 900 + $0] }
    }

    @Test("who is behind, or to the side and no larger, does not count")
    func behind() throws {
        let aligner = try FaceAligner()
        let alone = try aligner.alignedFace(in: try scene([]))
        for others in [[(0.6, 10, 20)], [(0.6, 10, 20), (0.7, 640, 100)], [(1.0, -40, 60)]] {
            let face = try aligner.alignedFace(in: try scene(others))
            #expect(face.placement.distance(to: alone.placement) < 1)
        }
    }

    @Test("who is as near to the middle and as large is named")
    func beside() throws {
        let face = try DrawnFace(skin: 0.24).picture()
        let pair = try Pictures.make(2 * face.width, face.height) { x, y in
            Int(face.pixels[y * face.width + x % face.width])
        }
        #expect(
            try advice(pair)
                == "somebody stands beside you: one face alone in the middle, or the others further back"
        )
    }
}
