/// Image files written by hand, for tests of the decoder.
enum ImageFiles {
    static func pgm(width: Int, height: Int, pixels: [UInt8]) -> [UInt8] {
        Array("P5\n\(width) \(height)\n255\n".utf8) + pixels
    }

    /// 24-bit BMP, bottom row first.
    static func bmp(width: Int, height: Int, pixels: [UInt8]) -> [UInt8] {
        let stride = (width * 3 + 3) / 4 * 4
        var bytes = Array("BM".utf8) + Self.little(54 + stride * height) + [0, 0, 0, 0] + Self.little(54)
        bytes += Self.little(40) + Self.little(width) + Self.little(height) + [1, 0, 24, 0] + Self.little(0)
        bytes += Self.little(stride * height) + Self.little(2835) + Self.little(2835) + Self.little(0) + Self.little(0)
        guard pixels.count == width * height else { return bytes }
        for y in (0..<height).reversed() {
            var row = pixels[y * width..<(y + 1) * width].flatMap { [$0, $0, $0] }
            row += [UInt8](repeating: 0, count: stride - row.count)
            bytes += row
        }
        return bytes
    }

    /// PNG with stored deflate blocks; `samples` are whole rows of `channels` bytes a pixel (1 grey, 2 grey and alpha).
    ///
    /// - Parameter isFirst: whether the eXIf chunk comes before the pixels.
    static func png(
        width: Int,
        height: Int,
        channels: Int = 1,
        samples: [UInt8],
        exif: [UInt8]? = nil,
        isFirst: Bool = true
    ) -> [UInt8] {
        var raw: [UInt8] = []
        let stride = width * channels
        for y in 0..<(samples.count / Swift.max(stride, 1)) { raw += [0] + samples[y * stride..<(y + 1) * stride] }
        var zlib: [UInt8] = [0x78, 0x01]
        var position = 0
        while position < raw.count {
            let count = Swift.min(65535, raw.count - position)
            let isLast: UInt8 = position + count == raw.count ? 1 : 0
            let low = UInt8(count & 255)
            let high = UInt8(count >> 8)
            zlib += [isLast, low, high, ~low, ~high] + raw[position..<position + count]
            position += count
        }
        var a = 1
        var b = 0
        for byte in raw {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        zlib += Self.big(b << 16 | a)
        let colour: UInt8 = channels == 1 ? 0 : 4
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes += Self.chunk("IHDR", Self.big(width) + Self.big(height) + [8, colour, 0, 0, 0])
        let exif = exif.map { Self.chunk("eXIf", $0) } ?? []
        bytes += (isFirst ? exif : []) + Self.chunk("IDAT", zlib) + (isFirst ? [] : exif)
        bytes += Self.chunk("IEND", [])
        return bytes
    }

    /// TIFF data with the width, the orientation and nothing else.
    static func exif(orientation: Int, isLittle: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let digits = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isLittle ? digits : digits.reversed()
        }
        let value = number(orientation, 2) + [0, 0]
        return (isLittle ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(2, 2)
            + number(0x0100, 2) + number(3, 2) + number(1, 4) + number(3, 2) + [0, 0]
            + number(0x0112, 2) + number(3, 2) + number(1, 4) + value + number(0, 4)
    }

    /// A progressive JPEG, all grey, in scans of which each says in a few bytes that nothing changes.
    static func jpeg(width: Int, height: Int, scans: Int) -> [UInt8] {
        func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
            [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
        }
        func packed(_ bits: [Bool]) -> [UInt8] {
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: bits.count, by: 8) {
                // Ones fill the last byte; FF is followed by a stuffed zero.
                let byte = (0..<8).reduce(UInt8(0)) { $0 << 1 | (start + $1 < bits.count && !bits[start + $1] ? 0 : 1) }
                bytes += byte == 0xFF ? [0xFF, 0] : [byte]
            }
            return bytes
        }
        var bytes: [UInt8] = [0xFF, 0xD8] + segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
        let size = [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
        bytes += segment(0xC2, [8] + size + [1, 1, 0x11, 0])
        // One code of one bit in each table: no difference, and a run of 16384 blocks without coefficients and more.
        let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
        bytes += segment(0xC4, [0x00] + one + [0x00]) + segment(0xC4, [0x10] + one + [0xE0])
        let blocks = ((width + 7) / 8) * ((height + 7) / 8)
        bytes += segment(0xDA, [1, 1, 0, 0, 0, 0]) + packed([Bool](repeating: false, count: blocks))
        let runs = (blocks + 16384 + 0x2AAA - 1) / (16384 + 0x2AAA)
        let run = [false] + (0..<14).map { 0x2AAA >> (13 - $0) & 1 == 1 }
        let rest = packed((0..<runs).flatMap { _ in run })
        for index in 1..<Swift.max(1, scans) {
            let coefficient = UInt8(1 + (index - 1) % 63)
            bytes += segment(0xDA, [1, 1, 0, coefficient, coefficient, 0]) + rest
        }
        return bytes + [0xFF, 0xD9]
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Self.big(data.count) + body + Self.big(Int(~crc))
    }

    private static func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    private static func big(_ value: Int) -> [UInt8] { Self.little(value).reversed() }
}
