import Sodium

/// A vault's key as a person writes it down: 64 letters of modhex in groups of eight, as `systemd-cryptenroll --recovery-key`
/// has them. They lie at the same places on nearly all keyboards, so that the layout at hand does not matter.
public enum RecoveryKey {
    /// Letter i stands for the four bits i.
    private static let letters = Array("cbdefghijklnrtuv".utf8)
    private static let group = 8

    /// - Returns: ASCII, in groups with a hyphen between; the caller zeroes it.
    public static func text(of key: SecretBytes) -> [UInt8] {
        var text: [UInt8] = []
        // No growth, which would leave parts of it behind.
        text.reserveCapacity(key.count * 2 * (group + 1) / group)
        key.withUnsafeBytes { bytes in
            for (index, byte) in bytes.enumerated() {
                if index > 0, index * 2 % group == 0 { text.append(UInt8(ascii: "-")) }
                text.append(letters[Int(byte >> 4)])
                text.append(letters[Int(byte & 15)])
            }
        }
        return text
    }

    /// The key that was written down; case, hyphens and blanks do not count.
    ///
    /// - Returns: nil where it is none: another letter, or not 32 bytes.
    public static func key(of text: some Collection<UInt8>) -> SecretBytes? {
        var places: [UInt8] = []
        places.reserveCapacity(text.count)
        defer { SecretBytes.zero(&places) }
        for character in text where !Self.separators.contains(character) {
            guard let place = letters.firstIndex(of: character | 0x20) else { return nil }
            places.append(UInt8(place))
        }
        guard places.count == 2 * AEAD.keyByteCount else { return nil }
        return SecretBytes(count: AEAD.keyByteCount) { key in
            for index in 0..<key.count { key[index] = places[2 * index] << 4 | places[2 * index + 1] }
        }
    }

    private static let separators = Set("- \t\r\n".utf8)
}
