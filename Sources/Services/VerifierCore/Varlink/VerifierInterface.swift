import Encoding
import Interfaces
import Sodium
import Statement
import Varlink

/// The interface `org.semblance.Verifier` over a ``Verifier``.
///
/// Peers are authorised by the uid that the kernel noted, and a challenge can be answered on its own connection only.
public struct VerifierInterface: Sendable {
    private let verifier: Verifier
    private let serverKey = SecretBytes.random(count: 32)

    /// - Parameter verifier: who answers.
    public init(verifier: Verifier) {
        self.verifier = verifier
    }

    /// The service, ready for a `VarlinkServer`.
    public var service: VarlinkService {
        VarlinkService(
            interface: .verifier,
            handlers: [
                "GetIdentity": identity, "Challenge": challenge, "EnrolChallenge": enrolChallenge,
                "Register": register, "RotateChallenge": rotateChallenge, "Rotate": rotate, "Verify": verify,
                "Revoke": revoke, "List": list, "Unlock": unlock,
            ],
            proxied: [
                "GetIdentity": .anybody, "Challenge": .anybody, "Verify": .anybody, "List": .anybody,
                "EnrolChallenge": .allButRoot, "Register": .allButRoot, "Revoke": .allButRoot,
            ]
        )
    }

    private func identity(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let identity = verifier.identity
        return [
            "audience": .string(identity.audience), "verifierKey": .string(Base64.encode(identity.verifierKey)),
            "version": .string(identity.version),
        ]
    }

    private func challenge(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let parameters = call.parameters
        let (subject, purpose) = (try parameters.string("subject"), try parameters.string("purpose"))
        let (modality, label) = (try parameters.optionalString("modality"), try parameters.optionalString("label"))
        let challenges = try await reporting { () async throws(VerifierError) in
            try await verifier.challenges(
                subject: subject,
                purpose: purpose,
                modality: modality,
                label: label,
                for: requester(call)
            )
        }
        var reply = try Self.described(challenges[0])
        if challenges.count > 1 {
            var alternatives: [JSON] = []
            for challenge in challenges.dropFirst() { alternatives.append(.object(try Self.described(challenge))) }
            reply["alternatives"] = .array(alternatives)
        }
        return reply
    }

    /// A challenge, and what a prompt says of it.
    private static func described(_ bytes: [UInt8]) throws(VarlinkError) -> [String: JSON] {
        guard let challenge = try? SignedChallenge(decoding: bytes).challenge else {
            throw VerifierError.storageFailure.reply
        }
        return [
            "challenge": .string(Base64.encode(bytes)), "modality": .string(challenge.modality.name),
            "label": .string(challenge.label),
        ]
    }

    private func enrolChallenge(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let parameters = call.parameters
        let (subject, modality) = (try parameters.string("subject"), try parameters.string("modality"))
        let (label, assurance) = (try parameters.string("label"), try parameters.optionalString("assurance"))
        let samples = Int(clamping: try parameters.integer("samples"))
        let challenge = try await reporting { () async throws(VerifierError) in
            try await verifier.enrolChallenge(
                subject: subject,
                modality: modality,
                label: label,
                samples: samples,
                assurance: assurance,
                for: requester(call)
            )
        }
        return ["challenge": .string(Base64.encode(challenge))]
    }

    private func register(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let proof = try call.parameters.bytes("proof")
        let receipt = try await reporting { () async throws(VerifierError) in
            try await verifier.register(proof: proof, from: submitter(call))
        }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    private func rotateChallenge(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let parameters = call.parameters
        let (subject, modality) = (try parameters.string("subject"), try parameters.string("modality"))
        let (label, kind) = (try parameters.string("label"), try parameters.string("kind"))
        let samples = Int(clamping: try parameters.integer("samples"))
        let challenge = try await reporting { () async throws(VerifierError) in
            try await verifier.rotateChallenge(
                subject: subject,
                modality: modality,
                label: label,
                kind: kind,
                samples: samples,
                for: requester(call)
            )
        }
        return try Self.described(challenge)
    }

    private func rotate(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let proof = try call.parameters.bytes("proof")
        let receipt = try await reporting { () async throws(VerifierError) in
            try await verifier.rotate(proof: proof, from: submitter(call))
        }
        return ["receipt": .string(Base64.encode(receipt))]
    }

    private func verify(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let proof = try call.parameters.bytes("proof")
        let login = try await reporting { () async throws(VerifierError) in
            try await verifier.verify(proof: proof, from: submitter(call))
        }
        return ["verdict": .string(login.verdict.rawValue)]
    }

    private func revoke(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let parameters = call.parameters
        let (subject, modality) = (try parameters.string("subject"), try parameters.string("modality"))
        let label = try parameters.string("label")
        try await reporting { () async throws(VerifierError) in
            try await verifier.revoke(subject: subject, modality: modality, label: label, for: requester(call))
        }
        return [:]
    }

    private func list(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.optionalString("subject")
        let limit = try call.parameters.optionalInteger("limit").map { Int(clamping: $0) }
        let after = try call.parameters.optionalString("after")
        let page = try await reporting { () async throws(VerifierError) in
            try await verifier.list(
                subject: subject,
                limit: limit ?? EnrolmentPage.maximumCount,
                after: after,
                for: requester(call)
            )
        }
        return ["enrolments": .array(page.enrolments.map(\.json)), "next": page.next.map { .string($0) } ?? .null]
    }

    private func unlock(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        let subject = try call.parameters.string("subject")
        try await reporting { () async throws(VerifierError) in
            try await verifier.unlock(subject: subject, for: requester(call))
        }
        return [:]
    }

    private func requester(_ call: VarlinkCall) -> Requester {
        .local(connection: connection(call), uid: call.peer.uid)
    }

    private func submitter(_ call: VarlinkCall) -> Submitter {
        .local(connection: connection(call), uid: call.peer.uid)
    }

    private func connection(_ call: VarlinkCall) -> ConnectionIdentity {
        ConnectionIdentity(number: call.connection, serverKey: serverKey)
    }

    /// Runs `body`; its error becomes the interface's error of the same meaning.
    private func reporting<Result>(
        _ body: () async throws(VerifierError) -> Result
    ) async throws(VarlinkError) -> Result {
        do {
            return try await body()
        } catch {
            throw error.reply
        }
    }
}
