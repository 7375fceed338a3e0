extension Sequence<UInt8> {
    /// Lower-case hexadecimal digits, two per byte.
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

extension [UInt8] {
    /// Nil unless the text is an even number of hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = Array<UInt8>(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let pair = String(validating: digits[index...index + 1], as: UTF8.self),
                pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16)
            else { return nil }
            append(byte)
        }
    }
}
