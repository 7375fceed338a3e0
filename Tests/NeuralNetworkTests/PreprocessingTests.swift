import Testing

@testable import Imaging
@testable import Models

@Suite struct PreprocessingTests {
    private func image(_ width: Int, _ height: Int, _ pixel: (Int, Int) -> Int) -> GrayImage {
        GrayImage(
            unchecked: (0..<width * height).map { UInt8(pixel($0 % width, $0 / width)) },
            width: width,
            height: height
        )
    }

    @Test func areaOfWholePixelsIsTheirMean() {
        let image = self.image(4, 4) { x, y in 10 * x + y }
        #expect(image.resized(width: 2, height: 2).pixels == [6, 26, 8, 28])
    }

    @Test func areaOfPartsOfPixels() {
        // Three pixels onto two: output 0 is (2 a + b) / 3.
        let image = GrayImage(unchecked: [0, 90, 255], width: 3, height: 1)
        #expect(image.resized(width: 2, height: 1).pixels == [30, 200])
    }

    @Test func bilinearBetweenPixelCentres() {
        let image = GrayImage(unchecked: [0, 100], width: 2, height: 1)
        #expect(image.resized(width: 4, height: 1).pixels == [0, 25, 75, 100])
    }

    @Test func sameSizeIsUnchanged() {
        let image = self.image(5, 7) { x, y in x * y }
        #expect(image.resized(width: 5, height: 7) == image)
    }

    @Test func constantStaysConstantAndMeanIsKept() {
        for (width, height) in [(1, 1), (3, 17), (64, 5), (112, 112), (200, 33)] {
            let flat = GrayImage(width: 31, height: 29, filledWith: 255).resized(width: width, height: height)
            #expect(flat.pixels == [UInt8](repeating: 255, count: width * height))
        }
        let image = self.image(96, 103) { x, y in (x * x + 31 * y) % 256 }
        let mean = { (image: GrayImage) in Double(image.pixels.reduce(0) { $0 + Int($1) }) / Double(image.pixels.count)
        }
        #expect(abs(mean(image.resized(width: 48, height: 50)) - mean(image)) < 0.6)
    }

    @Test func windowIsCutAboutTheCentreAndFilled() {
        let image = self.image(4, 4) { x, y in 4 * y + x }
        #expect(image.centreWindow(width: 2, height: 2, background: 9).pixels == [5, 6, 9, 10])
        let padded = image.centreWindow(width: 6, height: 2, background: 9)
        #expect(padded.pixels == [9, 4, 5, 6, 7, 9, 9, 8, 9, 10, 11, 9])
        #expect(image.centreWindow(width: 1, height: 9, background: 7).pixels == [7, 7, 7, 1, 5, 9, 13, 7, 7])
    }

    @Test func aspectIsKeptByCuttingTheLongerAxis() {
        let image = self.image(8, 4) { x, _ in x < 2 || x > 5 ? 255 : 0 }
        let preprocessing = Preprocessing(keepsAspect: true)
        #expect(preprocessing.apply(to: image, width: 2, height: 2).pixels == [0, 0, 0, 0])
        let stretched = Preprocessing().apply(to: image, width: 2, height: 2)
        #expect(stretched.pixels == [128, 128, 128, 128])
    }

    @Test func windowKeepsTheScale() {
        let image = self.image(288, 384) { x, y in (x + y) % 200 }
        let preprocessing = Preprocessing(windowWidth: 192, windowHeight: 192)
        let input = preprocessing.apply(to: image, width: 96, height: 96)
        #expect(input.width == 96 && input.height == 96)
        let (x, y) = (288 / 2 - 96, 384 / 2 - 96)
        let sum = [(0, 0), (1, 0), (0, 1), (1, 1)].reduce(0) { $0 + (x + $1.0 + y + $1.1) % 200 }
        #expect(Int(input.pixels[0]) == (sum + 2) / 4)
    }

    @Test func levelledGreysHaveOneMeanAndDeviationWhateverTheLight() throws {
        let crop = self.image(112, 112) { x, y in 40 + (x * 7 + y * y) % 97 }
        let preprocessing = Preprocessing(alignment: .face112, levelsGrey: true)
        let levelled = preprocessing.apply(to: crop, width: 112, height: 112)
        let moments = GreyMoments(levelled.histogram(columns: FaceCrop.columns, rows: FaceCrop.rows))
        #expect(abs(moments.mean - 128) < 0.5 && abs(moments.deviation - 40) < 0.5)
        // Two fifths of the grey are an eighth of the light.
        let dim = GrayImage(unchecked: crop.pixels.map { UInt8(Int($0) * 2 / 5 + 9) }, width: 112, height: 112)
        for (first, second) in zip(levelled.pixels, preprocessing.apply(to: dim, width: 112, height: 112).pixels) {
            #expect(abs(Int(first) - Int(second)) <= 4)
        }
        #expect(Preprocessing(alignment: .face112).apply(to: dim, width: 112, height: 112) == dim)
    }

    @Test func levellingIsExact() throws {
        // The face's region of a 7 x 7 crop: columns 1 to 4, rows 2 to 5; 8 pixels of 100 and 8 of 120, so 110 and 10.
        let crop = self.image(7, 7) { x, y in x < 3 ? 100 : x < 6 ? 120 : y == 0 ? 0 : 255 }
        let levelled = GreyLevelling.apply(to: crop)
        #expect(Array(levelled.pixels[7..<14]) == [88, 88, 88, 168, 168, 168, 255])
        #expect(levelled.pixels[6] == 0)
        // Less than a deviation of 4 is not stretched to 40: two levels up are 20.
        let flat = GreyLevelling.apply(to: self.image(7, 7) { x, _ in x == 6 ? 92 : 90 })
        #expect(flat.pixels[0] == 128 && flat.pixels[6] == 148)
        // No pixel of it is in the face.
        #expect(GreyLevelling.apply(to: self.image(1, 1) { _, _ in 9 }).pixels == [9])
    }
}
