/// The orientation in a PNG file's eXIf chunk (PNG specification, third edition, 11.3.4.5), which the image library
/// leaves unread.
enum PNGOrientation {
    private static let orientationTag = 0x0112
    private static let shortType = 3

    /// 1 to 8 as TIFF 6.0 numbers them; nil where there is none.
    static func read(_ bytes: [UInt8]) -> Int? {
        var position = 8
        while bytes.count - position >= 12 {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - position - 12 else { return nil }
            let data = bytes[position + 8..<position + 8 + length]
            if bytes[position + 4..<position + 8].elementsEqual("eXIf".utf8) { return orientation(Array(data)) }
            position += 12 + length
        }
        return nil
    }

    /// Looks the tag up in the first directory of TIFF data.
    private static func orientation(_ tiff: [UInt8]) -> Int? {
        let isLittle: Bool
        if tiff.starts(with: [0x49, 0x49, 0x2A, 0x00]) {
            isLittle = true
        } else if tiff.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            isLittle = false
        } else {
            return nil
        }
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, count <= tiff.count, offset <= tiff.count - count else { return nil }
            let digits = tiff[offset..<offset + count]
            return (isLittle ? Array(digits.reversed()) : Array(digits)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
        for index in 0..<entries {
            // Tag, type, count, value: 2, 2, 4 and 4 bytes.
            let entry = directory + 2 + 12 * index
            guard let tag = number(entry, 2) else { return nil }
            guard tag == orientationTag else { continue }
            guard number(entry + 2, 2) == shortType, number(entry + 4, 4) == 1, let value = number(entry + 8, 2),
                1...8 ~= value
            else { return nil }
            return value
        }
        return nil
    }
}
