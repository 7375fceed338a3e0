import HTTPTypes

/// Whose word is taken on where a request came from. A client can write these headers as well, so they count only from
/// proxies of the configuration, and only the one header that these proxies set themselves: a proxy passes the other on
/// as the client wrote it.
public struct ProxyTrust: Sendable {
    /// The header that the proxies append to.
    public enum Header: String, Sendable {
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
    }

    /// No proxy is believed: a client is the peer of its connection.
    public static let none = ProxyTrust(proxies: [])

    private let proxies: [NetworkRange]
    private let header: Header

    /// - Parameter header: the one that all of these proxies append to.
    public init(proxies: [NetworkRange], header: Header = .xForwardedFor) {
        self.proxies = proxies
        self.header = header
    }

    func isProxy(_ address: NetworkAddress) -> Bool {
        proxies.contains { $0.contains(address) }
    }

    /// The client of a request: the connection's peer, or if that is a proxy the rightmost address of the header that
    /// is none. Something that is no address ends the walk at the proxy that handed it on.
    func client(peer: NetworkAddress?, headers: HTTPFields) -> NetworkAddress? {
        guard let peer, isProxy(peer) else { return peer }
        var client = peer
        for text in hops(headers).reversed() {
            guard let hop = Self.address(text) else { return client }
            client = hop
            guard isProxy(hop) else { return client }
        }
        return client
    }

    /// The header's entries, nearest proxy last.
    private func hops(_ headers: HTTPFields) -> [Substring] {
        switch header {
        case .xForwardedFor:
            return headers[values: .xForwardedFor].flatMap {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
        case .forwarded:
            return headers[values: .forwarded]
                .flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
                .map { element in
                    for pair in element.split(separator: ";") {
                        let pair = pair.drop { $0 == " " || $0 == "\t" }
                        if pair.lowercased().hasPrefix("for=") { return pair.dropFirst(4) }
                    }
                    return ""
                }
        }
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`, each also in double quotes.
    private static func address(_ text: Substring) -> NetworkAddress? {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return NetworkAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        if let address = NetworkAddress(String(text)) { return address }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let address = NetworkAddress(String(text[..<colon]))
        return address?.bytes.count == 4 ? address : nil
    }
}

extension HTTPField.Name {
    // Constants that are names of fields.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let forwarded = HTTPField.Name("Forwarded")!
}
