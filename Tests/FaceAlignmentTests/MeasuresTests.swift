import AlignmentTestSupport
import Testing

@testable import FaceAlignment

@Suite("measures of a face")
struct FaceMeasuresTests {
    private let good = FaceMeasures(
        width: 120,
        brightness: 130,
        contrast: 40,
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
        #expect(advice { $0.brightness = 32.4 } == "too dark: mean 32, need 60")
        #expect(advice { $0.brightness = 230 } == "too bright: mean 230, at most 220")
        #expect(advice { $0.contrast = 7 } == "too little contrast: 7, need 12")
        #expect(advice { $0.sharpness = 0.08 } == "not sharp: 8, need 15; hold still")
        #expect(advice { $0.roll = -41 } == "head tilted: 41 degrees, at most 30")
        #expect(advice { $0.turn = -3.14 } == "turned to the side: 31, at most 25; look at the camera")
        #expect(0...1 ~= good.score)
    }

    @Test("brightness, contrast and sharpness are those of the crop")
    func values() throws {
        let identity = Similarity.identity
        let flat = FaceMeasures(crop: try Pictures.make(112, 112) { _, _ in 90 }, placement: identity, turn: 0)
        #expect(flat.brightness == 90 && flat.contrast == 0 && flat.sharpness == 0)
        #expect(flat.width == 96 && flat.roll == 0)
        let board = try Pictures.make(112, 112) { x, y in (x / 2 + y / 2) % 2 == 0 ? 100 : 140 }
        let checked = FaceMeasures(crop: board, placement: identity, turn: 0)
        #expect(checked.brightness == 120 && checked.contrast == 20)
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
}
