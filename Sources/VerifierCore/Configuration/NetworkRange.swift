/// A block of IP addresses: one address, or a prefix and its length (RFC 4632, RFC 4291 section 2.3).
public struct NetworkRange: Hashable, Sendable {
    private let prefix: [UInt8]
    private let length: Int

    /// Nil unless `text` is an address in numbers, alone or followed by `/` and a length that fits.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), let address = NetworkAddress(parts[0]) else { return nil }
        let bits = address.bytes.count * 8
        var length = bits
        if parts.count == 2 {
            let digits = parts[1].utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard digits, let given = Int(parts[1]), (0...bits).contains(given) else { return nil }
            length = given
        }
        self.prefix = address.bytes
        self.length = length
    }

    public func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == prefix.count else { return false }
        for index in 0..<prefix.count {
            let covered = min(8, max(0, length - 8 * index))
            let mask = covered == 0 ? 0 : UInt8(truncatingIfNeeded: 0xff << (8 - covered))
            guard address.bytes[index] & mask == prefix[index] & mask else { return false }
        }
        return true
    }
}
