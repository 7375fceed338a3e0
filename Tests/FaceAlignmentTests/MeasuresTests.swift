import AlignmentTestSupport
import Imaging
import Testing

@testable import FaceAlignment

@Suite("measures of a face")
struct FaceMeasuresTests {
    private let good = FaceMeasures(
        width: 120,
        light: LightMeasures(contrast: 40, black: 0.01, white: 0),
        noise: 0.03,
        sharpness: 0.5,
        roll: -4,
        turn: 0.3
    )

    @Test("each measure has its advice, with what there is and what is needed")
    func advice() {
        func advice(_ change: (inout FaceMeasures) -> Void) -> String? {
            var measures = good
            change(&measures)
            return measures.advice
        }
        #expect(good.advice == nil)
        #expect(advice { $0.width = 60.9 } == "too far away: face 60 pixels wide, need 64")
        #expect(advice { $0.light.black = 0.624 } == "too dark: 62 % is black, at most 30; more light")
        #expect(advice { $0.light.white = 0.31 } == "too bright: 31 % is white, at most 30; less light")
        #expect(advice { $0.light.contrast = 7.9 } == "too little contrast: 7, need 8; more light")
        #expect(advice { $0.noise = 0.4 } == "grainy: noise 40, at most 33; more light")
        #expect(advice { $0.sharpness = 0.08 } == "not sharp: 8, need 15; hold still")
        #expect(advice { $0.roll = -41 } == "head tilted: 41 degrees, at most 30")
        #expect(advice { $0.turn = -3.14 } == "turned to the side: 31, at most 25; look at the camera")
        #expect(0...1 ~= good.score)
    }

    @Test("the largest picture there is, and the brightest, has its light measured")
    func largest() throws {
        let (width, height) = (4096, 3072)
        let image = try #require(
            GrayImage(width: width, height: height, pixels: [UInt8](repeating: 245, count: width * height))
        )
        let light = LightMeasures(image, columns: 0..<width, rows: 0..<height)
        #expect(light == LightMeasures(contrast: 0, black: 0, white: 0))
    }

    /// Who stands behind does not count; who sits in front does, wherever in the picture.
    @Test("a larger face at the side is not passed over")
    func largerAtTheSide() throws {
        let frame = try Pictures.make(640, 480) { _, _ in 90 }
        func face(_ scale: Double, atX x: Double, y: Double = 239.5) -> PlacedFace {
            let centre = FaceTemplate.centre
            let placement = Similarity(a: scale, b: 0, shiftX: x - scale * centre.x, shiftY: y - scale * centre.y)
            return PlacedFace(placement: placement, likeness: 1, turn: 0)
        }
        let middle = face(1, atX: 319.5)
        #expect(try [middle, face(0.9, atX: 600)].main(in: frame)?.placement == middle.placement)
        for larger in [face(1.5, atX: 550), face(1.6, atX: 600), face(1.25, atX: 620)] {
            #expect(throws: FrameRefusal.self) { try [middle, larger].main(in: frame) }
            #expect(throws: FrameRefusal.self) { try [larger, middle].main(in: frame) }
        }
    }

    @Test("light, noise and sharpness are those of the crop")
    func values() throws {
        let identity = Similarity.identity
        let flat = FaceMeasures(crop: try Pictures.make(112, 112) { _, _ in 90 }, placement: identity, turn: 0)
        #expect(flat.light == LightMeasures(contrast: 0, black: 0, white: 0) && flat.noise == 0 && flat.sharpness == 0)
        #expect(flat.width == 96 && flat.roll == 0)
        let board = try Pictures.make(112, 112) { x, y in (x / 2 + y / 2) % 2 == 0 ? 100 : 140 }
        let checked = FaceMeasures(crop: board, placement: identity, turn: 0)
        #expect(checked.light.contrast == 20)
        // A third of the face's columns is black, a sixth white.
        let clipped = try Pictures.make(112, 112) { x, _ in x % 6 < 2 ? 1 : x % 6 == 2 ? 254 : 100 }
        let light = FaceMeasures(crop: clipped, placement: identity, turn: 0).light
        #expect(abs(light.black - 1.0 / 3) < 0.02 && abs(light.white - 1.0 / 6) < 0.02)
        let fine = try Pictures.noise(112, 112, seed: 9)
        let blurred = try Pictures.view(
            try Pictures.view(fine, 28, 28, by: Similarity(a: 4, b: 0, shiftX: 1.5, shiftY: 1.5)),
            112,
            112,
            by: Similarity(a: 0.25, b: 0, shiftX: -0.375, shiftY: -0.375)
        )
        let sharpness = [fine, blurred].map { FaceMeasures(crop: $0, placement: identity, turn: 0).sharpness }
        #expect(sharpness[0] > 3 * sharpness[1])
    }

    @Test("noise is told from edges and shading", arguments: [0.0, 3, 6, 12])
    func noise(_ deviation: Double) throws {
        // Uniform greys of 0...255 deviate by 73.9.
        let grain = try Pictures.noise(112, 112, seed: 11).pixels
        let crop = try Pictures.make(112, 112) { x, y in
            let scene = 60 + x / 2 + (y > 70 ? 50 : 0)
            return scene + Int(((Double(grain[y * 112 + x]) - 127.5) * deviation / 73.9).rounded())
        }
        let measures = FaceMeasures(crop: crop, placement: .identity, turn: 0)
        #expect(abs(measures.noise * measures.light.contrast - deviation) < 1.2)
    }
}
