import Testing

@testable import Imaging
@testable import ModelTools

@Suite struct ImageDecoderTests {
    static let width = 13
    static let height = 11
    static let pixels = (0..<143).map { UInt8(($0 * 37) % 256) }

    @Test func losslessFormatsGiveTheirPixels() throws {
        let expected = GrayImage(width: Self.width, height: Self.height, pixels: Self.pixels)
        for bytes in [
            ImageFiles.pgm(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.bmp(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.png(width: Self.width, height: Self.height, samples: Self.pixels),
        ] {
            #expect(try ImageDecoder.decode(bytes) == expected)
        }
    }

    @Test func everyKindOfPNMIsDecodedAndItsTruncationNamed() throws {
        let files: [(String, [UInt8], [UInt8])] = [
            ("P1\n# two by two\n2 2\n10\n01", [], [0, 255, 255, 0]),
            ("P2 2 2 255\n0 100 # grey\n200 255", [], [0, 100, 200, 255]),
            ("P3 2 1 255 10 10 10 250 250 250", [], [10, 250]),
            ("P4 9 1\n", [0b1010_1010, 0b1000_0000], [0, 255, 0, 255, 0, 255, 0, 255, 0]),
            ("P5 3 1 255\n", [1, 2, 3], [1, 2, 3]),
            ("P6 2 1 255\n", [7, 7, 7, 9, 9, 9], [7, 9]),
        ]
        for (header, samples, expected) in files {
            let bytes = Array(header.utf8) + samples
            #expect(try ImageDecoder.decode(bytes + [0x0A]).pixels == expected, "\(header)")
            // Without the last sample: three bytes are the longest number.
            let short =
                samples.isEmpty ? Array(bytes.dropLast(header.hasPrefix("P1") ? 1 : 3)) : Array(bytes.dropLast())
            #expect(throws: ImageError.truncated, "\(header)") { try ImageDecoder.decode(short) }
        }
    }

    @Test func alphaIsLaidOverWhite() throws {
        let bytes = ImageFiles.png(width: 4, height: 1, channels: 2, samples: [0, 255, 0, 0, 100, 128, 255, 7])
        #expect(
            try ImageDecoder.decode(bytes).pixels == [0, 255, (100 * 128 + 255 * 127 + 127) / 255, 255].map(UInt8.init)
        )
    }

    @Test func jpegIsDecoded() throws {
        for bytes in [JPEGFixtures.gray, JPEGFixtures.progressive] {
            let image = try ImageDecoder.decode(bytes)
            #expect(image.width == 24 && image.height == 16)
            for (x, y, value) in [(3, 3, 0), (3, 12, 120), (12, 8, 120), (20, 8, 240)] {
                #expect(abs(Int(image.pixels[y * 24 + x]) - value) <= 3)
            }
        }
        // 0.299 * 200 + 0.587 * 50 + 0.114 * 100.
        let colour = try ImageDecoder.decode(JPEGFixtures.colour)
        #expect(colour.pixels.allSatisfy { abs(Int($0) - 101) <= 2 })
    }

    @Test func orientationIsApplied() throws {
        let image = try ImageDecoder.decode(JPEGFixtures.rotated)
        #expect(image.width == 16 && image.height == 24)
        // The black corner was at the top left and is now at the top right.
        #expect(image.pixels[3 * 16 + 12] < 5)
        #expect(image.pixels[3 * 16 + 3] > 100)
        #expect(image.pixels[20 * 16 + 8] > 230)
    }

    @Test func orientationOfAPNGIsApplied() throws {
        // 3 x 2; how TIFF 6.0 numbers what has to be done to it.
        let pixels: [UInt8] = [1, 2, 3, 4, 5, 6]
        let expected: [Int: [UInt8]] = [
            1: [1, 2, 3, 4, 5, 6], 2: [3, 2, 1, 6, 5, 4], 3: [6, 5, 4, 3, 2, 1], 4: [4, 5, 6, 1, 2, 3],
            5: [1, 4, 2, 5, 3, 6], 6: [4, 1, 5, 2, 6, 3], 7: [6, 3, 5, 2, 4, 1], 8: [3, 6, 2, 5, 1, 4],
        ]
        for orientation in 0...9 {
            for isLittle in [true, false] {
                for isFirst in [true, false] {
                    let bytes = ImageFiles.png(
                        width: 3,
                        height: 2,
                        samples: pixels,
                        exif: ImageFiles.exif(orientation: orientation, isLittle: isLittle),
                        isFirst: isFirst
                    )
                    let image = try ImageDecoder.decode(bytes)
                    #expect(image.pixels == expected[orientation] ?? pixels, "\(orientation)")
                    #expect(image.width == (5...8 ~= orientation ? 2 : 3))
                }
            }
        }
    }

    @Test func damagedExifLeavesThePictureAsItIs() throws {
        let whole = ImageFiles.exif(orientation: 6, isLittle: true)
        var damaged = (0..<whole.count).map { Array(whole.prefix($0)) }
        damaged.append([0x49, 0x49, 0x2A, 0, 0xFF, 0xFF, 0xFF, 0xFF])
        damaged.append([0x4D, 0x4D, 0, 0x2A, 0xFF, 0xFF, 0xFF, 0xFF])
        for exif in damaged where exif.count < 20 {
            let bytes = ImageFiles.png(width: 3, height: 2, samples: [1, 2, 3, 4, 5, 6], exif: exif)
            #expect(try ImageDecoder.decode(bytes).pixels == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test func jpegOfManyScansIsRefusedBeforeItIsDecoded() throws {
        // 8192 x 3900 and 130 scans kept a sensor busy for ten seconds.
        for (width, height, scans, isRefused) in [
            (8192, 3900, 130, true), (64, 64, 131, true), (8192, 3900, 12, true), (64, 64, 12, false),
        ] {
            let bytes = ImageFiles.jpeg(width: width, height: height, scans: scans)
            let start = ContinuousClock.now
            if isRefused {
                #expect(throws: ImageError.tooManyScans(scans)) { try ImageDecoder.decode(bytes) }
                #expect(ContinuousClock.now - start < .milliseconds(500))
            } else {
                #expect(try ImageDecoder.decode(bytes).width == width)
            }
        }
        // A thumbnail's start of scan inside a segment is none of the picture's.
        let thumbnails = (0..<4095).flatMap { _ in [0xFF, 0xDA] as [UInt8] }
        var bytes = JPEGFixtures.gray
        bytes.insert(contentsOf: [0xFF, 0xE1, 0x20, 0x00] + thumbnails, at: 2)
        #expect(try ImageDecoder.decode(bytes).width == 24)
    }

    @Test func onlyRegularFilesAreRead() {
        for path in ["/dev/null", "/dev/zero", "/"] {
            #expect(throws: ImageError.notAFile(path: path)) { try ImageDecoder.decode(contentsOf: path) }
        }
    }

    @Test func aSmallerAreaCanBeDemanded() throws {
        let bytes = ImageFiles.pgm(width: 10, height: 10, pixels: [UInt8](repeating: 9, count: 100))
        #expect(try ImageDecoder.decode(bytes, maximumPixels: 100).width == 10)
        #expect(throws: ImageError.invalidDimensions(width: 10, height: 10)) {
            try ImageDecoder.decode(bytes, maximumPixels: 99)
        }
    }

    @Test func truncationIsNamedAtEveryByte() {
        for bytes in [
            ImageFiles.pgm(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.bmp(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.png(width: Self.width, height: Self.height, samples: Self.pixels),
            JPEGFixtures.gray, JPEGFixtures.progressive,
        ] {
            for count in 0..<bytes.count - 1 {
                do throws(ImageError) {
                    // BMP rows end in padding that may be missing.
                    let image = try ImageDecoder.decode(Array(bytes[..<count]))
                    Issue.record("\(count) of \(bytes.count) bytes gave \(image.width) x \(image.height)")
                } catch {
                    #expect([.truncated, .unknownFormat, .corrupt].contains(error))
                }
            }
        }
    }

    @Test func corruptionNeverTraps() {
        var generator = SeededGenerator(seed: 4)
        for bytes in [
            ImageFiles.pgm(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.bmp(width: Self.width, height: Self.height, pixels: Self.pixels),
            ImageFiles.png(width: Self.width, height: Self.height, samples: Self.pixels),
            JPEGFixtures.gray, JPEGFixtures.rotated, JPEGFixtures.progressive,
        ] {
            for _ in 0..<300 {
                var mutant = bytes
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: 0..<mutant.count, using: &generator)
                    mutant[index] = UInt8.random(in: 0...255, using: &generator)
                }
                if let image = try? ImageDecoder.decode(mutant) {
                    #expect(image.pixels.count == image.width * image.height)
                    #expect(image.pixels.count <= ImageDecoder.maximumPixels)
                }
            }
        }
    }

    @Test(arguments: [(8193, 1), (1, 8193), (8000, 8000), (60000, 60000), (0, 5), (5, 0)])
    func dimensionsAreRefusedFromTheHeader(width: Int, height: Int) {
        // Headers only: a decoder that allocated first would need gigabytes, one that read on would say truncated.
        for bytes in [
            ImageFiles.pgm(width: width, height: height, pixels: [1, 2, 3]),
            ImageFiles.png(width: width, height: height, samples: []),
            ImageFiles.bmp(width: width, height: height, pixels: []) + [1, 2, 3],
        ] {
            do throws(ImageError) {
                _ = try ImageDecoder.decode(bytes)
                Issue.record("\(width) x \(height) was accepted")
            } catch {
                if width > 0, height > 0 {
                    #expect(error == .invalidDimensions(width: width, height: height))
                } else {
                    #expect([.invalidDimensions(width: width, height: height), .corrupt, .truncated].contains(error))
                }
            }
        }
    }

    @Test func jpegDimensionsAreRefusedFromTheHeader() throws {
        var bytes = JPEGFixtures.gray
        // SOF0: FF C0, length, precision, height, width.
        let marker = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes[marker + 5] = 0xFF
        bytes[marker + 7] = 0xFF
        let height = Int(bytes[marker + 5]) << 8 | Int(bytes[marker + 6])
        let width = Int(bytes[marker + 7]) << 8 | Int(bytes[marker + 8])
        #expect(throws: ImageError.invalidDimensions(width: width, height: height)) { try ImageDecoder.decode(bytes) }
    }

    @Test func largestImageIsAccepted() throws {
        let bytes = ImageFiles.pgm(width: 8192, height: 100, pixels: [UInt8](repeating: 7, count: 819_200))
        #expect(try ImageDecoder.decode(bytes).width == 8192)
        for missing in [1, 8191, 8192, 8193, 500_000] {
            #expect(throws: ImageError.truncated) { try ImageDecoder.decode(Array(bytes.dropLast(missing))) }
        }
    }

    @Test func otherFormatsAreRefusedByTheirFirstBytes() {
        for text in ["/* XPM */", "P7\n1 1", "P9 ", "", "P", "B", "RIFF", "RIFF....WAVE", "\0\0\0 ftyp", "II*"] {
            let error = #expect(throws: ImageError.self) { try ImageDecoder.decode(Array(text.utf8)) }
            #expect(error == (text.contains("ftyp") ? .foreignFormat("a film") : .unknownFormat))
        }
        for (text, name) in [
            ("GIF89a", "a GIF picture"), ("<svg xmlns=", "a drawing or other XML"), ("II*\0", "a TIFF picture"),
            ("MM\0*", "a TIFF picture"), ("RIFF\u{1}\0\0\0WEBPVP8 ", "a WebP picture"),
            ("\0\0\0 ftypavif", "an AVIF picture"), ("\0\0\0 ftypheic", "a HEIC picture"),
            ("\0\0\0\u{C}jP  ", "a JPEG 2000 picture"),
        ] {
            #expect(throws: ImageError.foreignFormat(name)) { try ImageDecoder.decode(Array(text.utf8)) }
        }
        #expect(throws: ImageError.foreignFormat("a WSQ picture")) {
            try ImageDecoder.decode([0xFF, 0xA0, 0xFF, 0xA8])
        }
        #expect(
            "\(ImageError.foreignFormat("a WebP picture"))" == "a WebP picture, which is not read: convert it to PNG"
        )
        #expect(throws: ImageError.tooManyBytes) {
            try ImageDecoder.decode([UInt8](repeating: 0x89, count: ImageDecoder.maximumBytes + 1))
        }
        #expect(throws: ImageError.unreadable(path: "/nonexistent.png")) {
            try ImageDecoder.decode(contentsOf: "/nonexistent.png")
        }
    }

    @Test func grayImageChecksItsSize() {
        #expect(GrayImage(width: 2, height: 2, pixels: [1, 2, 3]) == nil)
        #expect(GrayImage(width: -1, height: -1, pixels: [1]) == nil)
        #expect(GrayImage(width: 0, height: 5, pixels: []) == nil)
        #expect(GrayImage(width: .max, height: 2, pixels: [1]) == nil)
    }
}
