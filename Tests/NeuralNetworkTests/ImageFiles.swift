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
    static func png(width: Int, height: Int, channels: Int = 1, samples: [UInt8]) -> [UInt8] {
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
        bytes += Self.chunk("IDAT", zlib)
        bytes += Self.chunk("IEND", [])
        return bytes
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
