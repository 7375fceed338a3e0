/// The configuration as it stands in the JSON file (see `docs/verifier.md`). `ConfigurationFile` refuses a key that is not
/// here, at every level, and one that is there twice: a misspelt one would otherwise leave a lax default in force.
struct ConfigurationDocument: Decodable {
    let audience: String
    let database: String
    let maximumDatabaseBytes: Int?
    let signingKey: String
    let policy: PolicySection
    let limits: LimitsSection?
    let varlink: VarlinkSection?
    let http: HTTPSection?

    struct ModelSection: Decodable {
        let identity: String
        let published: String?
        /// One of the two; a rate needs the published model's table.
        let threshold: Int?
        let falseMatchRate: Double?
        /// From the published model, where there is one.
        let modality: String?
        let dimension: Int?
        let minimumNorm: Int?
    }

    struct PolicySection: Decodable {
        let models: [ModelSection]
        let assurance: String?
        let verdict: String?
        let challengeLifetimeSeconds: Int?
        let selfEnrol: Bool?
        let trustedSensorKeys: [String]?
        let maximumRefreshes: Int?
        let maximumEnrolmentsPerSubject: Int?
        let decoyLabels: [String]?
    }

    struct LimitsSection: Decodable {
        let maximumProofBytes: Int?
        let concurrentVerifications: Int?
        let queuedVerifications: Int?
        let refusalQuantumMilliseconds: Int?
        let auditRetentionDays: Int?
    }

    struct VarlinkSection: Decodable {
        let socket: String
        let maximumConnections: Int?
        let maximumConnectionsPerUID: Int?
    }

    struct HTTPSection: Decodable {
        let address: String
        let port: Int
        let tls: TLSSection?
        let administratorTokenHash: String?
        let requestTimeoutSeconds: Int?
        let maximumConnections: Int?
        let maximumConnectionsPerAddress: Int?
        let requestsPerMinute: Int?
        let origins: [String]?
        let maximumBodyBytes: Int?
        let trustedProxies: [String]?
        let forwardedHeader: String?
    }

    struct TLSSection: Decodable {
        let certificate: String
        let key: String
    }
}
