import Varlink

/// Unpadded base64 with the URL-safe alphabet (RFC 4648 section 5), as JSON web tokens and keys want it.
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        let letters = Base64.encode(bytes).utf8.compactMap { letter -> UInt8? in
            switch letter {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: letter
            }
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
