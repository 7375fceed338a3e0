/// Everything that `semblance-verifier` reads from its configuration file. Paths come from here or from the command
/// line, never from the environment.
public struct VerifierConfiguration: Sendable {
    /// The verifier's name: issuer of tokens, audience of challenges. 1 to 255 bytes.
    public let audience: String
    /// Path of the SQLite database.
    public let database: String
    /// Bound on the size of the database in bytes; nil for none.
    public let maximumDatabaseBytes: Int?
    /// Path of the 32-byte Ed25519 seed: a file that only its owner may read, or a systemd credential.
    public let signingKey: String
    public let policy: Policy
    public let limits: ServiceLimits
    /// The Unix socket service; nil if it is not served.
    public let varlink: VarlinkSettings?
    /// The HTTP service; nil if it is not served.
    public let http: HTTPSettings?

    public init(
        audience: String,
        database: String,
        maximumDatabaseBytes: Int? = nil,
        signingKey: String,
        policy: Policy,
        limits: ServiceLimits = ServiceLimits(),
        varlink: VarlinkSettings? = nil,
        http: HTTPSettings? = nil
    ) {
        self.audience = audience
        self.database = database
        self.maximumDatabaseBytes = maximumDatabaseBytes
        self.signingKey = signingKey
        self.policy = policy
        self.limits = limits
        self.varlink = varlink
        self.http = http
    }
}
