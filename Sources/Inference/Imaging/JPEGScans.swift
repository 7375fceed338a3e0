/// What a JPEG asks its decoder to do, told by its markers (ISO/IEC 10918-1 annex B) before it is decoded.
struct JPEGScans {
    /// No encoder writes more: the usual progressive script has 10.
    static let maximumCount = 40
    /// Scans times pixels: ten over an image of the greatest area.
    static let maximumWork = 10 * ImageDecoder.maximumPixels

    private(set) var count = 0
    private var width = 0
    private var height = 0

    /// Reads the segments of a file. Like the decoder it skips what is between two segments: entropy-coded data, in
    /// which FF is followed by zero or a restart marker, and garbage.
    init(_ bytes: [UInt8]) {
        var position = 0
        while position + 3 < bytes.count {
            guard bytes[position] == 0xFF, Self.hasLength(bytes[position + 1]) else {
                position += 1
                continue
            }
            let marker = bytes[position + 1]
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            if marker == 0xDA { count += 1 }
            // FF, marker, length, precision, height, width.
            if Self.isFrameHeader(marker), position + 8 < bytes.count {
                height = Swift.max(height, Int(bytes[position + 5]) << 8 | Int(bytes[position + 6]))
                width = Swift.max(width, Int(bytes[position + 7]) << 8 | Int(bytes[position + 8]))
            }
            position += 2 + Swift.max(2, length)
        }
    }

    /// Whether decoding takes a time in proportion to the picture.
    var isBounded: Bool {
        // A greater area is refused by itself, when the header is decoded.
        let area = Swift.min(width * height, ImageDecoder.maximumPixels)
        return count <= Self.maximumCount && count * area <= Self.maximumWork
    }

    /// Fill bytes, stuffed zeros, TEM, restart markers, start and end of image have none.
    private static func hasLength(_ marker: UInt8) -> Bool {
        switch marker {
        case 0x00, 0x01, 0xD0...0xD9, 0xFF: false
        default: true
        }
    }

    /// SOF0 to SOF15, between which DHT, JPG and DAC lie.
    private static func isFrameHeader(_ marker: UInt8) -> Bool {
        0xC0...0xCF ~= marker && ![0xC4, 0xC8, 0xCC].contains(marker)
    }
}
