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
    /// What the verifier demands.
    public let policy: Policy
    /// Bounds on the work that peers can cause.
    public let limits: ServiceLimits
    /// The Unix socket service; nil if it is not served.
    public let varlink: VarlinkSettings?
    /// The HTTP service; nil if it is not served.
    public let http: HTTPSettings?

    /// Values that were checked; see ``load(path:)``.
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

/// Bounds on the work that peers can cause.
public struct ServiceLimits: Sendable {
    /// The longest proof that is looked at, in bytes.
    public var maximumProofBytes: Int
    /// Proofs verified at the same time.
    public var concurrentVerifications: Int
    /// Proofs that may wait for their turn; more are answered `busy`.
    public var queuedVerifications: Int
    /// Refusals are answered at the next multiple of this many milliseconds after the request, whatever the reason.
    public var refusalQuantumMilliseconds: Int
    /// Lines of the audit table go when they are older, in days, or when their class has too many.
    public var auditRetentionDays: Int

    /// The defaults are those of `docs/verifier.md`.
    public init(
        maximumProofBytes: Int = 720 << 10,
        concurrentVerifications: Int = 2,
        queuedVerifications: Int = 32,
        refusalQuantumMilliseconds: Int = 250,
        auditRetentionDays: Int = 400
    ) {
        self.maximumProofBytes = maximumProofBytes
        self.concurrentVerifications = concurrentVerifications
        self.queuedVerifications = queuedVerifications
        self.refusalQuantumMilliseconds = refusalQuantumMilliseconds
        self.auditRetentionDays = auditRetentionDays
    }
}

/// The service on the Unix socket.
public struct VarlinkSettings: Sendable {
    /// Path of the socket; ignored when the service manager passes one in.
    public let socket: String
    /// Connections at a time.
    public let maximumConnections: Int
    /// Connections of one user at a time, 1 to ``maximumConnections``.
    public let maximumConnectionsPerUID: Int
    /// The user of a service that says for whom it asks, a name or a uid; nil: there is none.
    public let proxyUser: String?

    /// - Parameter socket: an absolute path of at most 107 bytes.
    public init(
        socket: String,
        maximumConnections: Int = 256,
        maximumConnectionsPerUID: Int = 16,
        proxyUser: String? = nil
    ) {
        self.socket = socket
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerUID = maximumConnectionsPerUID
        self.proxyUser = proxyUser
    }
}
