import Foundation
import MatchProof
import Sodium

/// The configuration as it stands in the JSON file (see `docs/verifier.md`). A key that is not known is an error: a
/// misspelt one would otherwise leave a lax default in force.
struct ConfigurationDocument: Decodable {
    let audience: String
    let database: String
    let maximumDatabaseBytes: Int?
    let signingKey: String
    let policy: PolicySection
    let limits: LimitsSection?
    let varlink: VarlinkSection?
    let http: HTTPSection?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case audience, database, maximumDatabaseBytes, signingKey, policy, limits, varlink, http
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.knownKeys(CodingKeys.self)
        self.audience = try keys.decode(String.self, forKey: .audience)
        self.database = try keys.decode(String.self, forKey: .database)
        self.maximumDatabaseBytes = try keys.decodeIfPresent(Int.self, forKey: .maximumDatabaseBytes)
        self.signingKey = try keys.decode(String.self, forKey: .signingKey)
        self.policy = try keys.decode(PolicySection.self, forKey: .policy)
        self.limits = try keys.decodeIfPresent(LimitsSection.self, forKey: .limits)
        self.varlink = try keys.decodeIfPresent(VarlinkSection.self, forKey: .varlink)
        self.http = try keys.decodeIfPresent(HTTPSection.self, forKey: .http)
    }

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

        enum CodingKeys: String, CodingKey, CaseIterable {
            case identity, published, threshold, falseMatchRate, modality, dimension, minimumNorm
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.identity = try keys.decode(String.self, forKey: .identity)
            self.published = try keys.decodeIfPresent(String.self, forKey: .published)
            self.threshold = try keys.decodeIfPresent(Int.self, forKey: .threshold)
            self.falseMatchRate = try keys.decodeIfPresent(Double.self, forKey: .falseMatchRate)
            self.modality = try keys.decodeIfPresent(String.self, forKey: .modality)
            self.dimension = try keys.decodeIfPresent(Int.self, forKey: .dimension)
            self.minimumNorm = try keys.decodeIfPresent(Int.self, forKey: .minimumNorm)
        }
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

        enum CodingKeys: String, CodingKey, CaseIterable {
            case models, assurance, verdict, challengeLifetimeSeconds, selfEnrol, trustedSensorKeys
            case maximumRefreshes, maximumEnrolmentsPerSubject, decoyLabels
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.models = try keys.decode([ModelSection].self, forKey: .models)
            self.assurance = try keys.decodeIfPresent(String.self, forKey: .assurance)
            self.verdict = try keys.decodeIfPresent(String.self, forKey: .verdict)
            self.challengeLifetimeSeconds = try keys.decodeIfPresent(Int.self, forKey: .challengeLifetimeSeconds)
            self.selfEnrol = try keys.decodeIfPresent(Bool.self, forKey: .selfEnrol)
            self.trustedSensorKeys = try keys.decodeIfPresent([String].self, forKey: .trustedSensorKeys)
            self.maximumRefreshes = try keys.decodeIfPresent(Int.self, forKey: .maximumRefreshes)
            self.maximumEnrolmentsPerSubject = try keys.decodeIfPresent(Int.self, forKey: .maximumEnrolmentsPerSubject)
            self.decoyLabels = try keys.decodeIfPresent([String].self, forKey: .decoyLabels)
        }
    }

    struct LimitsSection: Decodable {
        let maximumProofBytes: Int?
        let concurrentVerifications: Int?
        let queuedVerifications: Int?
        let refusalQuantumMilliseconds: Int?
        let auditRetentionDays: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case maximumProofBytes, concurrentVerifications, queuedVerifications, refusalQuantumMilliseconds
            case auditRetentionDays
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.maximumProofBytes = try keys.decodeIfPresent(Int.self, forKey: .maximumProofBytes)
            self.concurrentVerifications = try keys.decodeIfPresent(Int.self, forKey: .concurrentVerifications)
            self.queuedVerifications = try keys.decodeIfPresent(Int.self, forKey: .queuedVerifications)
            self.refusalQuantumMilliseconds = try keys.decodeIfPresent(Int.self, forKey: .refusalQuantumMilliseconds)
            self.auditRetentionDays = try keys.decodeIfPresent(Int.self, forKey: .auditRetentionDays)
        }
    }

    struct VarlinkSection: Decodable {
        let socket: String
        let maximumConnections: Int?
        let maximumConnectionsPerUID: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case socket, maximumConnections, maximumConnectionsPerUID
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.socket = try keys.decode(String.self, forKey: .socket)
            self.maximumConnections = try keys.decodeIfPresent(Int.self, forKey: .maximumConnections)
            self.maximumConnectionsPerUID = try keys.decodeIfPresent(Int.self, forKey: .maximumConnectionsPerUID)
        }
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

        enum CodingKeys: String, CodingKey, CaseIterable {
            case address, port, tls, administratorTokenHash, requestTimeoutSeconds, maximumConnections
            case maximumConnectionsPerAddress, requestsPerMinute, maximumBodyBytes, trustedProxies, forwardedHeader
            case origins
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.address = try keys.decode(String.self, forKey: .address)
            self.port = try keys.decode(Int.self, forKey: .port)
            self.tls = try keys.decodeIfPresent(TLSSection.self, forKey: .tls)
            self.administratorTokenHash = try keys.decodeIfPresent(String.self, forKey: .administratorTokenHash)
            self.requestTimeoutSeconds = try keys.decodeIfPresent(Int.self, forKey: .requestTimeoutSeconds)
            self.maximumConnections = try keys.decodeIfPresent(Int.self, forKey: .maximumConnections)
            self.maximumConnectionsPerAddress = try keys.decodeIfPresent(
                Int.self,
                forKey: .maximumConnectionsPerAddress
            )
            self.requestsPerMinute = try keys.decodeIfPresent(Int.self, forKey: .requestsPerMinute)
            self.origins = try keys.decodeIfPresent([String].self, forKey: .origins)
            self.maximumBodyBytes = try keys.decodeIfPresent(Int.self, forKey: .maximumBodyBytes)
            self.trustedProxies = try keys.decodeIfPresent([String].self, forKey: .trustedProxies)
            self.forwardedHeader = try keys.decodeIfPresent(String.self, forKey: .forwardedHeader)
        }
    }

    struct TLSSection: Decodable {
        let certificate: String
        let key: String

        enum CodingKeys: String, CodingKey, CaseIterable {
            case certificate, key
        }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.knownKeys(CodingKeys.self)
            self.certificate = try keys.decode(String.self, forKey: .certificate)
            self.key = try keys.decode(String.self, forKey: .key)
        }
    }
}
