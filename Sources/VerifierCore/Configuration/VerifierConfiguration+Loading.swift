import Foundation
import MatchProof
import NetworkProof
import ServiceSupport
import Sodium
import Varlink

extension VerifierConfiguration {
    private static let maximumFileByteCount = 1 << 20

    /// Reads and checks a configuration file. It must be a regular file, owned by root or by this user, and writable by
    /// nobody else.
    public static func load(path: String) throws(ConfigurationError) -> VerifierConfiguration {
        let contents: [UInt8]
        do {
            contents = try SafeFile.read(path, maximum: maximumFileByteCount, privacy: .readable)
        } catch {
            throw .file(error)
        }
        return try VerifierConfiguration(json: contents)
    }

    /// Decodes and checks a configuration (`docs/verifier.md` lists the keys).
    public init(json: [UInt8]) throws(ConfigurationError) {
        let file: ConfigurationDocument
        do {
            _ = try JSON(parsing: json)  // refuses duplicate keys, of which JSONDecoder would silently take one
            file = try JSONDecoder().decode(ConfigurationDocument.self, from: Data(json))
        } catch let error as ConfigurationError {
            throw error
        } catch let DecodingError.keyNotFound(key, context) {
            throw .invalid(key: Self.path(context.codingPath, key), reason: "missing")
        } catch let DecodingError.typeMismatch(_, context) {
            throw .invalid(key: Self.path(context.codingPath), reason: "of the wrong type")
        } catch let DecodingError.valueNotFound(_, context) {
            throw .invalid(key: Self.path(context.codingPath), reason: "null")
        } catch let DecodingError.dataCorrupted(context) where !context.codingPath.isEmpty {
            throw .invalid(key: Self.path(context.codingPath), reason: "out of range")
        } catch {
            throw .malformed(reason: "not one JSON object")
        }
        guard NamedText.isValidAudience(file.audience) else {
            throw .invalid(key: "audience", reason: "not 1 to 255 bytes of text")
        }
        for (key, path) in [("database", file.database), ("signingKey", file.signingKey)] where !path.hasPrefix("/") {
            throw .invalid(key: key, reason: "not an absolute path")
        }
        if let bytes = file.maximumDatabaseBytes, bytes < 1 << 20 {
            throw .invalid(key: "maximumDatabaseBytes", reason: "less than 1 MiB")
        }
        self.init(
            audience: file.audience,
            database: file.database,
            maximumDatabaseBytes: file.maximumDatabaseBytes,
            signingKey: file.signingKey,
            policy: try Self.policy(file.policy),
            limits: try Self.limits(file.limits),
            varlink: try file.varlink.map { section throws(ConfigurationError) in try Self.varlink(section) },
            http: try file.http.map { section throws(ConfigurationError) in try Self.http(section) }
        )
    }

    private static func path(_ codingPath: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
        (codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }

    private static func policy(_ section: ConfigurationDocument.PolicySection) throws(ConfigurationError) -> Policy {
        var models: [AllowedModel] = []
        for (index, model) in section.models.enumerated() {
            let key = "policy.models.\(index)"
            models.append(try allowedModel(model, key: key))
        }
        guard let assurance = Assurance(name: section.assurance ?? Assurance.full.name) else {
            throw .invalid(key: "policy.assurance", reason: "none of match, head, full")
        }
        let biometricRequired: Bool
        switch section.verdict ?? "biometric" {
        case "biometric": biometricRequired = true
        case "possession": biometricRequired = false
        default: throw .invalid(key: "policy.verdict", reason: "neither biometric nor possession")
        }
        var sensorKeys: [VerifyingKey] = []
        for (index, text) in (section.trustedSensorKeys ?? []).enumerated() {
            guard let bytes = Base64.decode(text), let key = VerifyingKey(bytes) else {
                throw .invalid(key: "policy.trustedSensorKeys.\(index)", reason: "not an Ed25519 key in base64")
            }
            sensorKeys.append(key)
        }
        return try Policy(
            models: models,
            assurance: assurance,
            biometricRequired: biometricRequired,
            challengeLifetime: UInt64(clamping: section.challengeLifetimeSeconds ?? 60),
            selfEnrol: section.selfEnrol ?? false,
            trustedSensorKeys: sensorKeys,
            maximumRefreshes: section.maximumRefreshes ?? 10,
            maximumEnrolmentsPerSubject: section.maximumEnrolmentsPerSubject ?? 16,
            decoyLabels: section.decoyLabels ?? ["default"]
        )
    }

    private static func allowedModel(
        _ section: ConfigurationDocument.ModelSection,
        key: String
    ) throws(ConfigurationError) -> AllowedModel {
        guard let identity = Hexadecimal.decode(section.identity), identity.count == 32 else {
            throw .invalid(key: key + ".identity", reason: "not 32 bytes in hexadecimal")
        }
        let published = try section.published.map { path throws(ConfigurationError) in
            try Self.published(path, key: key + ".published")
        }
        guard published?.identity ?? identity == identity else {
            throw .invalid(key: key + ".published", reason: "not the model of that identity")
        }
        guard let modalityName = section.modality ?? published?.modality, let modality = Modality(name: modalityName)
        else { throw .invalid(key: key + ".modality", reason: "neither face nor fingerprint") }
        let threshold: UInt16
        switch (section.threshold, section.falseMatchRate) {
        case (let value?, nil):
            guard let value = UInt16(exactly: value) else {
                throw .invalid(key: key + ".threshold", reason: "not in 1...65535")
            }
            threshold = value
        case (nil, let rate?):
            threshold = try Self.threshold(rate, published, key: key + ".falseMatchRate")
        default:
            throw .invalid(key: key, reason: "takes either threshold or falseMatchRate")
        }
        guard let dimension = section.dimension ?? published?.dimension,
            let minimumNorm = section.minimumNorm ?? published.map({ Int($0.minimumNorm) })
        else { throw .invalid(key: key, reason: "needs dimension and minimumNorm, or published") }
        guard let minimumNorm = UInt32(exactly: minimumNorm),
            let allowed = AllowedModel(
                identity: identity,
                modality: modality,
                dimension: dimension,
                threshold: threshold,
                minimumNorm: minimumNorm,
                published: published
            )
        else { throw .invalid(key: key, reason: "dimension, threshold or minimumNorm out of range") }
        return allowed
    }

    /// The lowest threshold of the model's table that was calibrated for that false match rate or a lower one.
    private static func threshold(
        _ rate: Double,
        _ published: PublishedModel?,
        key: String
    ) throws(ConfigurationError) -> UInt16 {
        guard let published else { throw .invalid(key: key, reason: "needs published, whose table it looks up") }
        guard let entry = published.thresholds.first(where: { $0.fmr <= rate }) else {
            let rates = published.thresholds.map { "\($0.fmr)" }.joined(separator: ", ")
            throw .invalid(
                key: key,
                reason: rates.isEmpty ? "the model has no thresholds" : "the model is calibrated for \(rates)"
            )
        }
        return entry.numerator
    }

    /// Reads a published model, which must be as safe from others as the configuration.
    private static func published(_ path: String, key: String) throws(ConfigurationError) -> PublishedModel {
        guard path.hasPrefix("/") else { throw .invalid(key: key, reason: "not an absolute path") }
        let bytes: [UInt8]
        do {
            bytes = try SafeFile.read(path, maximum: PublishedModel.maximumBytes, privacy: .readable)
        } catch {
            throw .file(error)
        }
        do {
            return try PublishedModel(decoding: bytes)
        } catch {
            throw .invalid(key: key, reason: "\(path) is not a published model: \(error)")
        }
    }

    private static func limits(_ section: ConfigurationDocument.LimitsSection?) throws(ConfigurationError)
        -> ServiceLimits
    {
        var limits = ServiceLimits()
        guard let section else { return limits }
        func set(
            _ path: WritableKeyPath<ServiceLimits, Int>,
            _ value: Int?,
            _ range: ClosedRange<Int>,
            _ key: String
        ) throws(ConfigurationError) {
            guard let value else { return }
            guard range.contains(value) else {
                throw .invalid(key: "limits." + key, reason: "not in \(range.lowerBound)...\(range.upperBound)")
            }
            limits[keyPath: path] = value
        }
        try set(\.maximumProofBytes, section.maximumProofBytes, 1024...1 << 26, "maximumProofBytes")
        try set(\.concurrentVerifications, section.concurrentVerifications, 1...1024, "concurrentVerifications")
        try set(\.queuedVerifications, section.queuedVerifications, 0...100_000, "queuedVerifications")
        try set(\.auditRetentionDays, section.auditRetentionDays, 1...36_500, "auditRetentionDays")
        try set(
            \.refusalQuantumMilliseconds,
            section.refusalQuantumMilliseconds,
            0...10_000,
            "refusalQuantumMilliseconds"
        )
        return limits
    }

    private static func varlink(_ section: ConfigurationDocument.VarlinkSection) throws(ConfigurationError)
        -> VarlinkSettings
    {
        guard section.socket.hasPrefix("/"), section.socket.utf8.count < 108 else {
            throw .invalid(key: "varlink.socket", reason: "not an absolute path of at most 107 bytes")
        }
        let connections = section.maximumConnections ?? 256
        let perUID = section.maximumConnectionsPerUID ?? 16
        guard (1...100_000).contains(connections), (1...connections).contains(perUID) else {
            throw .invalid(key: "varlink", reason: "connection limits out of range")
        }
        return VarlinkSettings(
            socket: section.socket,
            maximumConnections: connections,
            maximumConnectionsPerUID: perUID
        )
    }

    private static func http(_ section: ConfigurationDocument.HTTPSection) throws(ConfigurationError) -> HTTPSettings {
        var hash: [UInt8]?
        if let text = section.administratorTokenHash {
            guard let bytes = Hexadecimal.decode(text), bytes.count == 32 else {
                throw .invalid(key: "http.administratorTokenHash", reason: "not 32 bytes in hexadecimal")
            }
            hash = bytes
        }
        return try HTTPSettings(
            address: section.address,
            port: section.port,
            tls: section.tls.map { TLSFiles(certificate: $0.certificate, key: $0.key) },
            administratorTokenHash: hash,
            requestTimeoutSeconds: section.requestTimeoutSeconds ?? 15,
            maximumConnections: section.maximumConnections ?? 512,
            maximumConnectionsPerAddress: section.maximumConnectionsPerAddress
                ?? min(32, section.maximumConnections ?? 512),
            requestsPerMinute: section.requestsPerMinute ?? 60
        )
    }
}
