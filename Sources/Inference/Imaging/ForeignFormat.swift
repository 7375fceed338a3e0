/// Formats that people have pictures in and that are not read, told by their first bytes: each decoder is one more that a hostile
/// file can attack, in the process that sees faces.
enum ForeignFormat {
    /// - Returns: with its article; nil where it is none of these.
    static func name(of bytes: [UInt8]) -> String? {
        func has(_ text: String, at position: Int = 0) -> Bool {
            bytes.dropFirst(position).starts(with: text.utf8)
        }
        if has("RIFF"), has("WEBP", at: 8) { return "a WebP picture" }
        if has("GIF8") { return "a GIF picture" }
        if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") { return "a TIFF picture" }
        if has("ftyp", at: 4) {
            if has("avif", at: 8) || has("avis", at: 8) { return "an AVIF picture" }
            return has("he", at: 8) || has("mif1", at: 8) ? "a HEIC picture" : "a film"
        }
        if has("\0\0\0\u{0C}jP  ") || bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 picture" }
        if has("\0\0\0\u{0C}JXL ") || bytes.starts(with: [0xFF, 0x0A]) { return "a JPEG XL picture" }
        // Compressed fingerprints (FBI, IAFIS-IC-0110).
        if bytes.starts(with: [0xFF, 0xA0]) { return "a WSQ picture" }
        if has("%PDF") { return "a PDF document" }
        return has("<svg") || has("<?xml") ? "a drawing or other XML" : nil
    }
}
