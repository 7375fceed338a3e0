import Foundation
import Models
import ServiceSupport
import Sodium
import Statement

extension VerifierConfiguration {
    /// Reads and checks a configuration file and its drop-ins (see `LayeredConfiguration`). Each must be a regular file, owned
    /// by root or by this user, and writable by nobody else.
    public static func load(path: String) throws(ConfigurationError) -> VerifierConfiguration {
        let layers: LayeredConfiguration
        do {
            layers = try LayeredConfiguration.read(path)
        } catch {
            throw .file(error)
        }
        do {
            let document = try ConfigurationFile.decode(ConfigurationDocument.self, from: layers)
            return try VerifierConfiguration(document)
        } catch let error as ConfigurationError {
            // A reader of several files wants to know in which.
            guard layers.files.count > 1, let key = error.key else { throw error }
            throw .file(.malformed(path: layers.source(of: key) ?? path, reason: "\(error)"))
        } catch {
            let fault = error as? ConfigurationFault
            guard let fault else { throw .malformed(reason: "\(error)") }
            guard layers.files.count > 1, let key = fault.key else { throw ConfigurationError(fault) }
            throw .file(.malformed(path: layers.source(of: key) ?? path, reason: "\(ConfigurationError(fault))"))
        }
    }

    /// Decodes and checks a configuration (`docs/verifier.md` lists the keys).
    public init(json: [UInt8]) throws(ConfigurationError) {
        let document: ConfigurationDocument
        do {
            document = try ConfigurationFile.decode(ConfigurationDocument.self, from: json)
        } catch {
            throw ConfigurationError(error)
        }
        try self.init(document)
    }

    /// Checks what a file says.
    public init(_ file: ConfigurationDocument) throws(ConfigurationError) {
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
            http: try file.http.map { section throws(ConfigurationError) in
                try Self.http(section, audience: file.audience)
            }
        )
    }

    private static func policy(_ section: ConfigurationDocument.PolicySection) throws(ConfigurationError) -> Policy {
        var models: [AllowedModel] = []
        for (index, model) in section.models.enumerated() {
            let key = "policy.models.\(index)"
            models.append(try allowedModel(model, key: key))
        }
        guard let assurance = Assurance(name: section.assurance) else {
            throw .invalid(key: "policy.assurance", reason: "none of match, head, full")
        }
        let biometricRequired: Bool
        switch section.verdict {
        case "biometric": biometricRequired = true
        case "possession": biometricRequired = false
        default: throw .invalid(key: "policy.verdict", reason: "neither biometric nor possession")
        }
        var sensorKeys: [VerifyingKey] = []
        for (index, text) in section.trustedSensorKeys.enumerated() {
            guard let bytes = Hexadecimal.decode(text) ?? Base64.decode(text), let key = VerifyingKey(bytes) else {
                throw .invalid(key: "policy.trustedSensorKeys.\(index)", reason: "not an Ed25519 key in hexadecimal")
            }
            sensorKeys.append(key)
        }
        return try Policy(
            models: models,
            assurance: assurance,
            biometricRequired: biometricRequired,
            challengeLifetime: UInt64(clamping: section.challengeLifetimeSeconds),
            selfEnrol: section.selfEnrol,
            trustedSensorKeys: sensorKeys,
            maximumRefreshes: section.maximumRefreshes,
            maximumEnrolmentsPerSubject: section.maximumEnrolmentsPerSubject,
            decoyLabels: section.decoyLabels
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

    private static func limits(_ section: ConfigurationDocument.LimitsSection) throws(ConfigurationError)
        -> ServiceLimits
    {
        var limits = ServiceLimits()
        func set(
            _ path: WritableKeyPath<ServiceLimits, Int>,
            _ value: Int,
            _ range: ClosedRange<Int>,
            _ key: String
        ) throws(ConfigurationError) {
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
        guard (1...100_000).contains(section.maximumConnections),
            (1...section.maximumConnections).contains(section.maximumConnectionsPerUID)
        else {
            throw .invalid(key: "varlink", reason: "connection limits out of range")
        }
        return VarlinkSettings(
            socket: section.socket,
            maximumConnections: section.maximumConnections,
            maximumConnectionsPerUID: section.maximumConnectionsPerUID,
            proxyUser: section.proxyUser
        )
    }

    private static func http(
        _ section: ConfigurationDocument.HTTPSection,
        audience: String
    ) throws(ConfigurationError) -> HTTPSettings {
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
            requestTimeoutSeconds: section.requestTimeoutSeconds,
            maximumConnections: section.maximumConnections,
            maximumConnectionsPerAddress: section.maximumConnectionsPerAddress
                ?? min(32, section.maximumConnections),
            requestsPerMinute: section.requestsPerMinute,
            origins: try origins(section, audience: audience),
            maximumBodyBytes: section.maximumBodyBytes,
            proxies: try proxies(section)
        )
    }

    private static func origins(
        _ section: ConfigurationDocument.HTTPSection,
        audience: String
    ) throws(ConfigurationError) -> Set<Origin> {
        guard let texts = section.origins else {
            let usual = HTTPSettings.usualOrigins(audience: audience, port: section.port, isPlain: section.tls == nil)
            guard !usual.isEmpty else {
                throw .invalid(key: "http.origins", reason: "missing, and the audience is no host name to take instead")
            }
            return usual
        }
        var origins: Set<Origin> = []
        for (index, text) in texts.enumerated() {
            guard let origin = Origin(address: text) else {
                throw .invalid(key: "http.origins.\(index)", reason: "not https://host or https://host:port")
            }
            origins.insert(origin)
        }
        guard !origins.isEmpty else { throw .invalid(key: "http.origins", reason: "empty: nobody could log in") }
        return origins
    }

    private static func proxies(_ section: ConfigurationDocument.HTTPSection) throws(ConfigurationError) -> ProxyTrust {
        var ranges: [NetworkRange] = []
        for (index, text) in section.trustedProxies.enumerated() {
            guard let range = NetworkRange(text) else {
                throw .invalid(key: "http.trustedProxies.\(index)", reason: "neither an IP address nor a block of them")
            }
            ranges.append(range)
        }
        guard let header = ProxyTrust.Header(rawValue: section.forwardedHeader.lowercased())
        else {
            throw .invalid(key: "http.forwardedHeader", reason: "neither X-Forwarded-For nor Forwarded")
        }
        return ProxyTrust(proxies: ranges, header: header)
    }
}
