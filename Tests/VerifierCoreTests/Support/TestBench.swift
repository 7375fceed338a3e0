import Foundation
import GRDB
import Interfaces
import Logging
import Ristretto255
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

/// Remote clients of tests that are not about origins come where they should.
extension Submitter {
    static func remote(clientSignature: [UInt8], address: String) -> Submitter {
        .remote(origin: TestBench.origin, clientSignature: clientSignature, address: address)
    }
}

extension ClientSignature {
    static func sign(proof: [UInt8], with key: SigningKey) -> [UInt8] {
        sign(origin: TestBench.origin, proof: proof, with: key)
    }
}

extension Verifier {
    /// For tests that are about one challenge: the first of the set.
    func challenge(
        subject: String,
        purpose: String,
        modality: String? = nil,
        label: String? = nil,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        try await challenges(subject: subject, purpose: purpose, modality: modality, label: label, for: requester)[0]
    }
}

/// A verifier over a database file, which a test can close and open again.
final class TestBench {
    static let origin = Origin("https://verifier.test")!
    static let model = AllowedModel(
        identity: Array(repeating: 0x6d, count: 32),
        modality: .face,
        dimension: 128,
        threshold: 20_000,
        minimumNorm: 4000
    )
    static let fingerModel = AllowedModel(
        identity: Array(repeating: 0x66, count: 32),
        modality: .fingerprint,
        dimension: 128,
        threshold: 20_000,
        minimumNorm: 4000
    )

    let directory: TemporaryDirectory
    let keys: VerifierKeys
    let clock: TestClock
    let accounts = Accounts.ofTests
    let sensor: SigningKey
    let audience: String
    let policy: Policy
    let limits: ServiceLimits
    let checker: any ProofChecking
    let maximumBytes: Int?
    let logger: Logger
    private(set) var verifier: Verifier

    static func policy(
        biometricRequired: Bool = true,
        selfEnrol: Bool = true,
        trustedSensorKeys: [VerifyingKey] = [],
        maximumRefreshes: Int = 10,
        decoyLabels: [String] = ["default"]
    ) throws -> Policy {
        try Policy(
            models: [try #require(model), try #require(fingerModel)],
            biometricRequired: biometricRequired,
            selfEnrol: selfEnrol,
            trustedSensorKeys: trustedSensorKeys,
            maximumRefreshes: maximumRefreshes,
            decoyLabels: decoyLabels
        )
    }

    init(
        policy: Policy? = nil,
        audience: String = "verifier.test",
        clock: TestClock = TestClock(),
        limits: ServiceLimits = ServiceLimits(refusalQuantumMilliseconds: 0),
        checker: any ProofChecking = TestChecker(),
        maximumBytes: Int? = nil,
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        sensor: SigningKey = SigningKey(),
        trace: (@Sendable (String) -> Void)? = nil
    ) throws {
        self.sensor = sensor
        self.directory = try TemporaryDirectory()
        self.keys = try #require(VerifierKeys(seed: SecretBytes.random(count: 32)))
        self.clock = clock
        self.audience = audience
        self.policy = try policy ?? Self.policy()
        self.limits = limits
        self.checker = checker
        self.maximumBytes = maximumBytes
        self.logger = logger
        var store = try VerifierStore.create(
            path: directory.file("verifier.sqlite"),
            audience: audience,
            keys: keys,
            maximumBytes: maximumBytes
        )
        if let trace {
            try store.close()
            store = try VerifierStore(
                path: directory.file("verifier.sqlite"),
                audience: audience,
                keys: keys,
                maximumBytes: maximumBytes,
                trace: trace
            )
        }
        self.verifier = Self.verifier(store, audience, self.policy, limits, checker, accounts, clock, logger)
    }

    private static func verifier(
        _ store: VerifierStore,
        _ audience: String,
        _ policy: Policy,
        _ limits: ServiceLimits,
        _ checker: any ProofChecking,
        _ accounts: Accounts,
        _ clock: TestClock,
        _ logger: Logger
    ) -> Verifier {
        Verifier(
            audience: audience,
            origins: [origin],
            policy: policy,
            limits: limits,
            store: store,
            checker: checker,
            accounts: accounts,
            clock: clock,
            logger: logger
        )
    }

    var databasePath: String { directory.file("verifier.sqlite") }

    /// Closes the database and opens it again, as a restart of the program does.
    func restart(policy: Policy? = nil) throws {
        try verifier.store.close()
        let store = try VerifierStore(path: databasePath, audience: audience, keys: keys, maximumBytes: maximumBytes)
        verifier = Self.verifier(store, audience, policy ?? self.policy, limits, checker, accounts, clock, logger)
    }

    static func randomCommitment() -> CompressedRistretto {
        RistrettoPoint(uniformBytes: SecureRandom.bytes(64)).compress()
    }

    /// Enrols `subject`, as root on the socket or, with a token, from the device with this key, and returns the
    /// commitment.
    @discardableResult
    func enrol(
        _ subject: String,
        label: String = "default",
        modality: Modality = .face,
        commitment: CompressedRistretto = randomCommitment(),
        device: SigningKey? = nil
    ) async throws -> CompressedRistretto {
        let connection = ConnectionIdentity()
        let requester = device.map(Self.requester) ?? .local(connection: connection, uid: 0)
        var token: String?
        if device != nil { token = try await verifier.makeEnrolmentToken(subject: subject, lifetime: 600) }
        let challenge = try await verifier.enrolChallenge(
            subject: subject,
            modality: modality.name,
            label: label,
            samples: 3,
            assurance: "match",
            enrolmentToken: token,
            for: requester
        )
        let proof = try proof(challenge, newTemplate: commitment)
        let submitter = device.map { Self.submitter(proof, $0) } ?? .local(connection: connection, uid: 0)
        _ = try await verifier.register(proof: proof, from: submitter)
        return commitment
    }

    /// Who asks from the device with this key.
    static func requester(_ device: SigningKey) -> Requester {
        .remote(clientKey: device.publicKey.bytes, address: "192.0.2.1")
    }

    /// Who hands in `proof` from the device with this key.
    static func submitter(_ proof: [UInt8], _ device: SigningKey) -> Submitter {
        .remote(clientSignature: ClientSignature.sign(proof: proof, with: device), address: "192.0.2.1")
    }

    /// A stand-in proof, signed by the bench's sensor unless told otherwise.
    func proof(
        _ challenge: [UInt8],
        isValid: Bool = true,
        isAttested: Bool = true,
        newTemplate: CompressedRistretto? = nil,
        salt: UInt8 = 0
    ) throws -> [UInt8] {
        try TestProof(
            answering: challenge,
            isValid: isValid,
            sensorKey: isAttested ? sensor.publicKey.bytes : nil,
            newTemplate: newTemplate,
            salt: salt
        ).encode()
    }

    /// A whole local login.
    @discardableResult
    func login(_ subject: String, uid: UInt32 = 0) async throws -> VerifiedLogin {
        let connection = ConnectionIdentity()
        let challenge = try await verifier.challenge(
            subject: subject,
            purpose: "login",
            for: .local(connection: connection, uid: uid)
        )
        return try await verifier.verify(proof: try proof(challenge), from: .local(connection: connection, uid: uid))
    }

    /// A challenge for a login from the device with this key.
    func challenge(_ subject: String, from device: SigningKey) async throws(VerifierError) -> [UInt8] {
        try await verifier.challenge(subject: subject, purpose: "login", for: Self.requester(device))
    }

    /// A whole login from the device with this key.
    @discardableResult
    func login(_ subject: String, from device: SigningKey) async throws -> VerifiedLogin {
        let proof = try proof(try await challenge(subject, from: device))
        return try await verifier.verify(proof: proof, from: Self.submitter(proof, device))
    }

    /// A login whose proof is refused, on the socket or from the device with this key.
    func fail(_ subject: String, from device: SigningKey? = nil) async throws {
        let connection = ConnectionIdentity()
        let requester = device.map(Self.requester) ?? .local(connection: connection, uid: 0)
        let challenge = try await verifier.challenge(subject: subject, purpose: "login", for: requester)
        let proof = try proof(challenge, isValid: false)
        let submitter = device.map { Self.submitter(proof, $0) } ?? .local(connection: connection, uid: 0)
        await #expect(throws: VerifierError.refused) { try await verifier.verify(proof: proof, from: submitter) }
    }

    /// The reasons in the audit table, oldest first, repeated ones as often as they came.
    func refusals() throws -> [String] {
        try audit().filter { $0.kind == .refused }.flatMap { Array(repeating: $0.reason ?? "", count: $0.count) }
    }

    /// The audit table, oldest first.
    func audit() throws -> [AuditEvent] {
        let seal = keys.rowSeal
        return try verifier.store.pool.read { database in
            try AuditTrail(database: database, seal: seal, retentionSeconds: .max)
                .events(after: 0, subject: nil, limit: .max)
        }
    }
}
