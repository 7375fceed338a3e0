import Encoding
import ServiceSupport
import Statement

/// The configuration as it stands in the JSON file (see `docs/verifier.md`). `ConfigurationFile` refuses a key that is not
/// here, at every level, and one that is there twice: a misspelt one would otherwise leave a lax default in force.
public struct ConfigurationDocument: ConfigurationSchema {
    let audience: String
    let database: String
    let maximumDatabaseBytes: Int?
    let signingKey: String
    let policy: PolicySection
    let limits: LimitsSection
    let varlink: VarlinkSection?
    let http: HTTPSection?

    public static let defaults: [(key: String, value: JSON)] = {
        let limits = ServiceLimits()
        func integer(_ value: Int) -> JSON { .integer(Int64(value)) }
        return [
            ("policy.assurance", .string(Assurance.full.name)), ("policy.verdict", "biometric"),
            ("policy.challengeLifetimeSeconds", 60), ("policy.selfEnrol", false), ("policy.trustedSensorKeys", []),
            ("policy.maximumRefreshes", 10), ("policy.maximumEnrolmentsPerSubject", 16),
            ("policy.decoyLabels", ["default"]),
            ("limits", [:]), ("limits.maximumProofBytes", integer(limits.maximumProofBytes)),
            ("limits.concurrentVerifications", integer(limits.concurrentVerifications)),
            ("limits.queuedVerifications", integer(limits.queuedVerifications)),
            ("limits.refusalQuantumMilliseconds", integer(limits.refusalQuantumMilliseconds)),
            ("limits.auditRetentionDays", integer(limits.auditRetentionDays)),
            ("varlink.maximumConnections", 256), ("varlink.maximumConnectionsPerUID", 16),
            ("http.requestTimeoutSeconds", 15), ("http.maximumConnections", 512), ("http.requestsPerMinute", 60),
            ("http.maximumBodyBytes", integer(32 << 20)), ("http.trustedProxies", []),
            ("http.forwardedHeader", .string(ProxyTrust.Header.xForwardedFor.rawValue)),
        ]
    }()

    public static let hidden: Set<String> = ["http.administratorTokenHash"]

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
        let assurance: String
        let verdict: String
        let challengeLifetimeSeconds: Int
        let selfEnrol: Bool
        let trustedSensorKeys: [String]
        let maximumRefreshes: Int
        let maximumEnrolmentsPerSubject: Int
        let decoyLabels: [String]
    }

    struct LimitsSection: Decodable {
        let maximumProofBytes: Int
        let concurrentVerifications: Int
        let queuedVerifications: Int
        let refusalQuantumMilliseconds: Int
        let auditRetentionDays: Int
    }

    struct VarlinkSection: Decodable {
        let socket: String
        let maximumConnections: Int
        let maximumConnectionsPerUID: Int
        let proxyUser: String?
    }

    struct HTTPSection: Decodable {
        let address: String
        let port: Int
        let tls: TLSSection?
        let administratorTokenHash: String?
        let requestTimeoutSeconds: Int
        let maximumConnections: Int
        let maximumConnectionsPerAddress: Int?
        let requestsPerMinute: Int
        let origins: [String]?
        let maximumBodyBytes: Int
        let trustedProxies: [String]
        let forwardedHeader: String
    }

    struct TLSSection: Decodable {
        let certificate: String
        let key: String
    }
}

/// Why a configuration is not used. The text is for the administrator; it holds paths and keys, no secrets.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The configuration, or a file that it names, cannot or must not be used.
    case file(FileError)
    case malformed(reason: String)
    case unknownKey(String)
    case invalid(key: String, reason: String)
    /// Plain HTTP is served on loopback addresses only.
    case plainHTTPBeyondLoopback(address: String)

    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .malformed(let reason): "the configuration is not usable: \(reason)"
        case .unknownKey(let key): "unknown configuration key \(key)"
        case .invalid(let key, let reason): "configuration key \(key): \(reason)"
        case .plainHTTPBeyondLoopback(let address):
            "http.address \(address) is not a loopback address and http.tls is not configured"
        }
    }
}

extension ConfigurationError {
    /// The key that it is about, as a dotted path.
    public var key: String? {
        switch self {
        case .unknownKey(let key), .invalid(let key, _): key
        case .plainHTTPBeyondLoopback: "http.address"
        case .file, .malformed: nil
        }
    }

    /// What the one reader of all configurations found.
    init(_ fault: ConfigurationFault) {
        switch fault {
        case .malformed, .notAnObject: self = .malformed(reason: "\(fault)")
        case .unknownKey(let key): self = .unknownKey(key)
        case .missingKey(let key): self = .invalid(key: key, reason: "missing")
        case .wrongValue(let key, let reason): self = .invalid(key: key, reason: reason)
        }
    }
}
