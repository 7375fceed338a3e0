import CSodium

/// Bytes as hexadecimal digits.
public enum Hexadecimal {
    /// Two lower-case digits per byte.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        let capacity = 2 * bytes.count + 1  // with the NUL at the end
        return encodedText(capacity: capacity) { sodium_bin2hex($0, capacity, bytes, bytes.count) }
    }

    /// Nil unless `text` consists of pairs of digits of either case.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map(CChar.init(bitPattern:))
        return decodedText(upTo: digits.count / 2) { bytes, capacity, count in
            sodium_hex2bin(bytes, capacity, digits, digits.count, nil, &count, nil)
        }
    }
}

/// What `write` leaves in `capacity` bytes: ASCII, and a NUL at the end.
func encodedText(
    capacity: Int,
    write: (UnsafeMutablePointer<CChar>) -> UnsafeMutablePointer<CChar>?
) -> String {
    Sodium.initialise()
    return String(unsafeUninitializedCapacity: capacity) { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return base.withMemoryRebound(to: CChar.self, capacity: capacity) { write($0) == nil ? 0 : capacity - 1 }
    }
}

/// The bytes that `read` writes, with their number; nil where it does not return 0. Both of libsodium's decoders return
/// 0 only for a text that they took whole: asked for no end of it, they refuse one with a rest.
func decodedText(
    upTo count: Int,
    read: (_ bytes: UnsafeMutablePointer<UInt8>, _ capacity: Int, _ count: inout Int) -> CInt
) -> [UInt8]? {
    Sodium.initialise()
    let capacity = max(1, count)
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        guard let base = buffer.baseAddress else { return }
        isWhole = read(base, capacity, &count) == 0
        if !isWhole { count = 0 }
    }
    return isWhole ? bytes : nil
}
