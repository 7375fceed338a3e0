/// Base64 with padding (RFC 4648 section 4); one text per byte string.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let inverse: [UInt8] = {
        var table = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    /// The text of `bytes`.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let input = Array(bytes)
        var output: [UInt8] = []
        output.reserveCapacity((input.count + 2) / 3 * 4)
        for start in stride(from: 0, to: input.count, by: 3) {
            let present = min(3, input.count - start)
            var group: UInt32 = 0
            for index in 0..<3 { group = group << 8 | (index < present ? UInt32(input[start + index]) : 0) }
            for index in 0..<4 {
                let value = Int(group >> (18 - 6 * UInt32(index)) & 63)
                output.append(index <= present ? alphabet[value] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of `text`; nil for letters outside the alphabet, wrong padding, or unused bits that are not zero.
    public static func decode(_ text: String) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count % 4 == 0 else { return nil }
        guard !letters.isEmpty else { return [] }
        let padding = letters.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let significant = letters.count - padding
        var output: [UInt8] = []
        output.reserveCapacity(letters.count / 4 * 3)
        var group: UInt32 = 0
        for index in 0..<letters.count {
            let value = index < significant ? inverse[Int(letters[index])] : 0
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            if index % 4 == 3 {
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                output.append(UInt8(truncatingIfNeeded: group >> 8))
                output.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        for _ in 0..<padding {
            guard output.removeLast() == 0 else { return nil }
        }
        return output
    }
}
