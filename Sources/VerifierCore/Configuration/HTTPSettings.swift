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
    public let maximumConnections: Int
    /// Connections at a time from one address (one /64 for IPv6).
    public let maximumConnectionsPerAddress: Int
    /// Requests that one address (one /64 for IPv6) may make per minute.
    public let requestsPerMinute: Int
    /// Where clients reach the service; proofs for other places are refused.
    public let origins: Set<Origin>

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
        origins: Set<Origin> = []
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
        self.address = address
        self.port = port
        self.tls = tls
        self.administratorTokenHash = administratorTokenHash
        self.requestTimeoutSeconds = requestTimeoutSeconds
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
        self.requestsPerMinute = requestsPerMinute
        self.origins = origins
    }

    /// Where a service is reached of which the configuration does not say so: at `https://` and its audience, as the
    /// certificate or a proxy before a loopback address names it, and in plain HTTP on loopback.
    static func usualOrigins(audience: String, port: Int, isPlain: Bool) -> Set<Origin> {
        var addresses = ["https://\(audience)", "https://\(audience):\(port)"]
        if isPlain { addresses += ["127.0.0.1", "[::1]", "localhost"].map { "http://\($0):\(port)" } }
        return Set(addresses.compactMap { Origin(address: $0) })
    }
}
