import Glibc

/// An IP address, for deciding about loopback and for counting requests per network.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes; an IPv4-mapped IPv6 address is kept as IPv4.
    public let bytes: [UInt8]

    /// Nil unless `text` is an IPv4 or IPv6 address in numbers.
    public init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: withUnsafeBytes(of: four) { Array($0) })
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: six) { Array($0) })
    }

    /// - Parameter bytes: 4 or 16 bytes in network order.
    init(bytes: [UInt8]) {
        let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        self.bytes = bytes.starts(with: mappedPrefix) ? Array(bytes.suffix(4)) : bytes
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// What one client can be expected to hold: the address, or for IPv6 its /64.
    var network: [UInt8] {
        bytes.count == 4 ? bytes : Array(bytes.prefix(8))
    }

    /// What a provider gives to one customer: the address, or for IPv6 the /48 (RFC 6177), of whose 65,536 networks each
    /// would have a share of its own.
    var customer: [UInt8] {
        bytes.count == 4 ? bytes : Array(bytes.prefix(6))
    }

    /// The address in numbers (RFC 5952 for IPv6).
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

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

    /// Whether the address is of the block; one of the other version of IP is not.
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
