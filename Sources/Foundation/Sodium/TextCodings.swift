import CSodium

/// Base64 with padding (RFC 4648 section 4); one text per byte string.
public enum Base64 {
    /// The text of `bytes`.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        text(of: Array(bytes), variant: sodium_base64_VARIANT_ORIGINAL)
    }

    /// The bytes of `text`; nil for letters outside the alphabet, wrong padding, or unused bits that are not zero.
    public static func decode(_ text: String) -> [UInt8]? {
        // libsodium 1.0.18 takes bytes above 0x7f for six bits that are set.
        guard text.utf8.reduce(0, |) < 0x80 else { return nil }
        let letters = text.utf8.map(CChar.init(bitPattern:))
        return decodedText(upTo: letters.count / 4 * 3) { bytes, capacity, count in
            sodium_base642bin(
                bytes,
                capacity,
                letters,
                letters.count,
                nil,
                &count,
                nil,
                sodium_base64_VARIANT_ORIGINAL
            )
        }
    }

    /// libsodium's coders take the same time for all values of so many bytes: some of what passes here is secret.
    fileprivate static func text(of bytes: [UInt8], variant: CInt) -> String {
        let capacity = sodium_base64_encoded_len(bytes.count, variant)  // with the NUL at the end
        return encodedText(capacity: capacity) {
            sodium_bin2base64($0, capacity, bytes, bytes.count, variant)
        }
    }
}

/// Unpadded base64 with the URL-safe alphabet (RFC 4648 section 5), as JSON web tokens and keys want it.
public enum Base64URL {
    /// The text of `bytes`.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Base64.text(of: Array(bytes), variant: sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    }
}

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
