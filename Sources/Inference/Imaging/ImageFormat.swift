/// The image formats that are decoded, told apart by their first bytes only.
enum ImageFormat: String, CaseIterable {
    case png
    case jpeg
    case pnm
    case bmp

    init?(magic bytes: [UInt8]) {
        func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
        if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if starts([0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if starts(Array("BM".utf8)) {
            self = .bmp
        } else if bytes.count > 2, bytes[0] == UInt8(ascii: "P"), UInt8(ascii: "1")...UInt8(ascii: "6") ~= bytes[1],
            bytes[2] == UInt8(ascii: "#") || bytes[2] == 0x20 || 0x09...0x0D ~= bytes[2]
        {
            self = .pnm
        } else {
            return nil
        }
    }

    /// Whether the library's decoder reports every row of a whole image; PNM's leaves some out.
    var reportsEveryRow: Bool { self != .pnm }

    /// Whether the file has its end marker or, for PNM, enough samples. The library may otherwise return half an image.
    func isComplete(_ bytes: [UInt8]) -> Bool {
        switch self {
        case .png:
            var position = 8
            while bytes.count - position >= 12 {
                let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
                guard length <= bytes.count - position - 12 else { return false }
                if bytes[position + 4..<position + 8].elementsEqual("IEND".utf8) { return true }
                position += 12 + length
            }
            return false
        case .jpeg:
            // An end-of-image marker after the last start-of-scan marker; a thumbnail's comes before it.
            var position = bytes.count - 2
            while position >= 0 {
                if bytes[position] == 0xFF {
                    if bytes[position + 1] == 0xD9 { return true }
                    if bytes[position + 1] == 0xDA { return false }
                }
                position -= 1
            }
            return false
        case .pnm:
            return Self.hasAllSamples(bytes)
        case .bmp:
            return true
        }
    }

    /// Counts the samples of a PNM file: width, height and, but for bitmaps, the greatest value, then the samples as
    /// numbers (P1 to P3) or bytes (P4 to P6). Comments run from # to the end of the line.
    private static func hasAllSamples(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 2 else { return false }
        let kind = bytes[1]
        let isBitmap = kind == UInt8(ascii: "1") || kind == UInt8(ascii: "4")
        let channels = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6") ? 3 : 1
        var position = 2
        var header: [Int] = []
        while header.count < (isBitmap ? 2 : 3) {
            guard let number = Self.number(bytes, &position, digits: 7) else { return false }
            header.append(number)
        }
        guard header[0] <= ImageDecoder.maximumSide, header[1] <= ImageDecoder.maximumSide else { return false }
        let row = header[0] * channels
        if kind >= UInt8(ascii: "4") {
            let rowBytes = isBitmap ? (row + 7) / 8 : header[2] > 255 ? 2 * row : row
            // One byte of white space ends the header.
            return bytes.count - position - 1 >= rowBytes * header[1]
        }
        for _ in 0..<row * header[1] {
            // The pixels of a bitmap need no space between them.
            guard Self.number(bytes, &position, digits: isBitmap ? 1 : 7) != nil else { return false }
        }
        return true
    }

    /// The next decimal number of at most `digits` digits, after white space and comments.
    private static func number(_ bytes: [UInt8], _ position: inout Int, digits: Int) -> Int? {
        while position < bytes.count,
            bytes[position] == 0x20 || 0x09...0x0D ~= bytes[position] || bytes[position] == 0x23
        {
            if bytes[position] == 0x23 {
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            } else {
                position += 1
            }
        }
        var value: Int?
        var count = 0
        while position < bytes.count, count < digits, 0x30...0x39 ~= bytes[position] {
            value = (value ?? 0) * 10 + Int(bytes[position] - 0x30)
            position += 1
            count += 1
        }
        return value
    }
}

/// Formats that people have pictures in and that are not read, told by their first bytes: each decoder is one more that a hostile
/// file can attack, in the process that sees faces.
enum ForeignFormat {
    /// - Returns: with its article; nil where it is none of these.
    static func name(of bytes: [UInt8]) -> String? {
        func has(_ text: String, at position: Int = 0) -> Bool {
            bytes.dropFirst(position).starts(with: text.utf8)
        }
        if has("RIFF"), has("WEBP", at: 8) { return "a WebP picture" }
        if has("GIF8") { return "a GIF picture" }
        if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") { return "a TIFF picture" }
        if has("ftyp", at: 4) {
            if has("avif", at: 8) || has("avis", at: 8) { return "an AVIF picture" }
            return has("he", at: 8) || has("mif1", at: 8) ? "a HEIC picture" : "a film"
        }
        if has("\0\0\0\u{0C}jP  ") || bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 picture" }
        if has("\0\0\0\u{0C}JXL ") || bytes.starts(with: [0xFF, 0x0A]) { return "a JPEG XL picture" }
        // Compressed fingerprints (FBI, IAFIS-IC-0110).
        if bytes.starts(with: [0xFF, 0xA0]) { return "a WSQ picture" }
        if has("%PDF") { return "a PDF document" }
        return has("<svg") || has("<?xml") ? "a drawing or other XML" : nil
    }
}
