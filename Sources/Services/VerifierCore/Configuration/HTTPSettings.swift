import ServiceSupport

/// The HTTP service.
public struct HTTPSettings: Sendable {
    /// An IP address as text.
    public let address: String
    /// 0 lets the system choose.
    public let port: Int
    /// Certificate chain and key, PEM; nil means plain HTTP, which is served on loopback addresses only.
    public let tls: TLSFiles?
    /// BLAKE2b-256 of the administrator's bearer token, 32 bytes; nil switches the administrator's methods off.
    public let administratorTokenHash: [UInt8]?
    /// Seconds that a client has for each whole request and for each pause between requests.
    public let requestTimeoutSeconds: Int
    /// At a time, over all addresses; 1 to 100,000.
    public private(set) var maximumConnections: Int
    /// Connections at a time from one address (one /64 for IPv6); proxies are not limited so.
    public private(set) var maximumConnectionsPerAddress: Int
    /// Requests that one address (one /64 for IPv6) may make per minute.
    public let requestsPerMinute: Int
    /// Where clients reach the service; proofs for other places are refused.
    public let origins: Set<Origin>
    /// Bytes of request bodies at a time, over all connections.
    public let maximumBodyBytes: Int
    /// The proxies that are believed about where a request came from.
    public let proxies: ProxyTrust

    /// - Throws: ``ConfigurationError/plainHTTPBeyondLoopback(address:)``, or `invalid` for a value out of range.
    public init(
        address: String,
        port: Int,
        tls: TLSFiles? = nil,
        administratorTokenHash: [UInt8]? = nil,
        requestTimeoutSeconds: Int = 15,
        maximumConnections: Int = 512,
        maximumConnectionsPerAddress: Int = 32,
        requestsPerMinute: Int = 60,
        origins: Set<Origin> = [],
        maximumBodyBytes: Int = 32 << 20,
        proxies: ProxyTrust = .none
    ) throws(ConfigurationError) {
        guard let parsed = NetworkAddress(address) else {
            throw .invalid(key: "http.address", reason: "not an IP address")
        }
        guard tls != nil || parsed.isLoopback else { throw .plainHTTPBeyondLoopback(address: address) }
        guard (0...65535).contains(port) else { throw .invalid(key: "http.port", reason: "not in 0...65535") }
        guard administratorTokenHash == nil || administratorTokenHash?.count == 32 else {
            throw .invalid(key: "http.administratorTokenHash", reason: "not 32 bytes in hexadecimal")
        }
        guard (1...600).contains(requestTimeoutSeconds) else {
            throw .invalid(key: "http.requestTimeoutSeconds", reason: "not in 1...600")
        }
        guard (1...100_000).contains(maximumConnections) else {
            throw .invalid(key: "http.maximumConnections", reason: "not in 1...100000")
        }
        guard (1...maximumConnections).contains(maximumConnectionsPerAddress) else {
            throw .invalid(key: "http.maximumConnectionsPerAddress", reason: "not in 1...maximumConnections")
        }
        guard (1...1_000_000).contains(requestsPerMinute) else {
            throw .invalid(key: "http.requestsPerMinute", reason: "not in 1...1000000")
        }
        guard ((1 << 20)...(1 << 34)).contains(maximumBodyBytes) else {
            throw .invalid(key: "http.maximumBodyBytes", reason: "not in 1048576...17179869184")
        }
        self.address = address
        self.port = port
        self.tls = tls
        self.administratorTokenHash = administratorTokenHash
        self.requestTimeoutSeconds = requestTimeoutSeconds
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
        self.requestsPerMinute = requestsPerMinute
        self.origins = origins
        self.maximumBodyBytes = maximumBodyBytes
        self.proxies = proxies
    }

    /// Where a service is reached of which the configuration does not say so: at `https://` and its audience, as the
    /// certificate or a proxy before a loopback address names it, and in plain HTTP on loopback.
    static func usualOrigins(audience: String, port: Int, isPlain: Bool) -> Set<Origin> {
        var addresses = ["https://\(audience)", "https://\(audience):\(port)"]
        if isPlain { addresses += ["127.0.0.1", "[::1]", "localhost"].map { "http://\($0):\(port)" } }
        return Set(addresses.compactMap { Origin(address: $0) })
    }

    /// The same with at most `count` connections at a time (at least one).
    public func limited(toConnections count: Int) -> HTTPSettings {
        var settings = self
        settings.maximumConnections = min(maximumConnections, max(1, count))
        settings.maximumConnectionsPerAddress = min(maximumConnectionsPerAddress, settings.maximumConnections)
        return settings
    }
}

/// Where the HTTP service finds its certificate chain and private key, both PEM.
public struct TLSFiles: Equatable, Sendable {
    /// Absolute path of the certificate chain, PEM.
    public let certificate: String
    /// Absolute path of the private key, PEM.
    public let key: String

    /// - Parameters:
    ///   - certificate: absolute path of the certificate chain, PEM.
    ///   - key: absolute path of the private key, PEM.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
