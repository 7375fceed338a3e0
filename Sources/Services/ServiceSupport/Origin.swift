import Glibc

/// Where a verifier was contacted, as one canonical text: `https://host`, `https://host:port`, `http://` on a loopback
/// host, or `unix:/absolute/path`.
///
/// Device keys, pins and client signatures are about an origin, so two texts of one place must not exist: host names
/// are lower-case ASCII (an internationalised one as its A-labels, RFC 5890), default ports are left out (RFC 6454
/// section 6.1), and there is no user, path, query or fragment.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// The longest text in bytes.
    public static let maximumByteCount = 512
    /// What `sockaddr_un` holds besides the closing zero, in bytes.
    private static let maximumSocketPathByteCount = 107

    /// How the place is reached.
    public enum Kind: Hashable, Sendable {
        /// A socket on this machine: challenges are bound to the connection.
        case socket
        /// HTTP without TLS on this machine's loopback interface.
        case loopback
        /// HTTP with TLS.
        case web
    }

    /// The canonical text.
    public let text: String
    /// Follows from the text's scheme.
    public let kind: Kind
    /// The host without port, an IPv6 address in brackets; empty for a socket.
    public let host: String
    /// The TCP port; 0 for a socket.
    public let port: Int

    public var description: String { text }

    /// Whether challenges of the place name a device key; a socket's name none.
    public var isRemote: Bool { kind != .socket }

    /// Nil unless `text` is canonical.
    public init?(_ text: String) {
        let isSocket = text.hasPrefix("unix:")
        let parsed = isSocket ? Origin(socket: String(text.dropFirst(5))) : Origin(address: text)
        guard let origin = parsed else { return nil }
        guard origin.text.utf8.elementsEqual(text.utf8) else { return nil }
        self = origin
    }

    /// The origin of a Unix socket; nil unless `path` is absolute, of at most 107 printable bytes, and without empty, `.`
    /// and `..` components.
    public init?(socket path: String) {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= Self.maximumSocketPathByteCount,
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        let components = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard components.allSatisfy({ !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) })
        else { return nil }
        self.init(text: "unix:" + path, kind: .socket, host: "", port: 0)
    }

    /// The origin of an address as a person types it: letters of either case, a default port and one closing slash are
    /// put right; user, path, query, fragment, letters beyond ASCII and plain HTTP beyond loopback are refused (nil).
    public init?(address: String) {
        guard address.utf8.count <= Self.maximumByteCount, address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return nil
        }
        var rest = Substring(address.lowercased())
        let isWeb: Bool
        if rest.hasPrefix("https://") {
            isWeb = true
        } else if rest.hasPrefix("http://") {
            isWeb = false
        } else {
            return nil
        }
        rest = rest.dropFirst(isWeb ? 8 : 7)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let (name, port) = Self.split(rest), let host = Self.canonicalHost(name) else { return nil }
        guard isWeb || ["127.0.0.1", "[::1]", "localhost"].contains(host) else { return nil }
        let usual = isWeb ? 443 : 80
        let chosen = port.map { Int($0) } ?? usual
        let authority = chosen == usual ? host : "\(host):\(chosen)"
        self.init(
            text: (isWeb ? "https://" : "http://") + authority,
            kind: isWeb ? .web : .loopback,
            host: host,
            port: chosen
        )
    }

    private init(text: String, kind: Kind, host: String, port: Int) {
        (self.text, self.kind, self.host, self.port) = (text, kind, host, port)
    }

    /// Host and port of what stands between `//` and the path; nil for a port that is not 1 to 65535.
    private static func split(_ authority: Substring) -> (host: Substring, port: UInt16?)? {
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
        guard let colon = authority[(end ?? authority.startIndex)...].firstIndex(of: ":") else {
            return (authority, nil)
        }
        let digits = authority[authority.index(after: colon)...]
        guard digits.utf8.allSatisfy({ Self.isDigit($0) }), digits.utf8.count <= 5, !digits.hasPrefix("0"),
            let port = UInt16(digits)
        else { return nil }
        return (authority[..<colon], port)
    }

    /// A lower-case DNS name, dotted-decimal IPv4 address, or bracketed IPv6 address in its shortest form.
    private static func canonicalHost(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            return InternetAddress.canonicalIPv6(String(text.dropFirst().dropLast())).map { "[\($0)]" }
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last, text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else { return nil }
        // A last label that looks like a number is one to inet_aton(3), so "127.1" would be another name of 127.0.0.1.
        guard last.utf8.allSatisfy({ Self.isDigit($0) }) || last.hasPrefix("0x") else { return String(text) }
        return InternetAddress.isIPv4(String(text)) ? String(text) : nil
    }

    /// RFC 1123 section 2.1.
    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { byte in
                isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: "-")
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}

/// Numeric addresses in text.
enum InternetAddress {
    /// Whether `text` is four decimal numbers without leading zeros.
    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    /// The text of RFC 5952 for an IPv6 address without zone; nil for anything else.
    static func canonicalIPv6(_ text: String) -> String? {
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
