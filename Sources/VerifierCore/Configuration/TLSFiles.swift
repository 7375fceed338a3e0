/// Where the HTTP service finds its certificate chain and private key, both PEM.
public struct TLSFiles: Equatable, Sendable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
