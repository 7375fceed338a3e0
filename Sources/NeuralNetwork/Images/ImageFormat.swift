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

    /// Whether the library's decoder reports every row of a whole image. The others report missing bytes at the end.
    var reportsEveryRow: Bool { self == .png || self == .jpeg }

    /// Whether the file has its end marker. The library's PNG and JPEG decoders may otherwise return half an image.
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
        case .pnm, .bmp:
            return true
        }
    }
}
