import Commitments
import Interfaces
import Ristretto255
import Sodium
import Statement

/// What was decided about a request for a challenge.
enum ChallengeIssue: Sendable {
    /// A set; of one challenge for anything but a login.
    case issued([[UInt8]])
    case denied(VerifierError)
    /// Not before so many seconds have passed, -1: not before an administrator unlocks.
    case lockedOut(retryAfterSeconds: Int)
}

/// What a challenge for a comparison is about: an enrolment, or what a decoy pretends.
struct ChallengeTarget: Sendable {
    let model: AllowedModel
    let template: CompressedRistretto
    let epoch: UInt64
    let assurance: Assurance
    let label: String
}

extension ChallengeTarget {
    init(_ decoy: DecoyEnrolment) {
        self.init(
            model: decoy.model,
            template: decoy.commitment,
            epoch: decoy.epoch,
            assurance: decoy.assurance,
            label: decoy.label
        )
    }

    /// Nil for a record whose bounds nothing could be proved under.
    init?(_ record: EnrolmentRecord) {
        guard
            let model = AllowedModel(
                identity: record.model,
                modality: record.modality,
                dimension: record.dimension,
                threshold: record.threshold,
                minimumNorm: record.minimumNorm
            )
        else { return nil }
        self.init(
            model: model,
            template: record.commitment,
            epoch: record.epoch,
            assurance: record.assurance,
            label: record.label
        )
    }
}

/// The fields of a challenge that differ from one request to the next.
struct ChallengeDraft: Sendable {
    let role: Role
    let subject: String
    let purpose: String
    let label: String
    let template: CompressedRistretto?
    let epoch: UInt64
    let model: AllowedModel
    /// The recorded template's, for an upgrade.
    var previous: AllowedModel? = nil
    let assurance: Assurance
    let samples: Int
    let clientKey: [UInt8]
}

extension Verifier {
    /// Signs the challenges of a set, under one fresh nonce: what is used up by an answer to one of them is all of
    /// them.
    func sign(
        _ drafts: [ChallengeDraft],
        for binding: Binding,
        token: Int64? = nil,
        at session: StoreSession
    ) throws(WireError) -> [[UInt8]] {
        var challenges: [Challenge] = []
        for draft in drafts {
            var challenge = try challenge(draft, at: session.now.unixSeconds)
            if let first = challenges.first {
                challenge.nonce = first.nonce
            } else {
                keys.nonces.seal(&challenge, generation: session.clockGeneration, binding: binding, token: token)
            }
            challenges.append(challenge)
        }
        return challenges.map { SignedChallenge(signing: $0, with: keys.signing).bytes }
    }

    /// A challenge without a nonce. One with several samples lives longer in proportion.
    private func challenge(_ draft: ChallengeDraft, at now: UInt64) throws(WireError) -> Challenge {
        let lifetime = policy.challengeLifetime * UInt64(max(1, draft.samples))
        return try Challenge(
            role: draft.role,
            modality: draft.model.modality,
            assurance: draft.assurance,
            audience: audience,
            verifierKey: keys.signing.publicKey.bytes,
            purpose: draft.purpose,
            subject: draft.subject,
            label: draft.label,
            nonce: [UInt8](repeating: 0, count: 32),
            clientKey: draft.clientKey,
            template: draft.template,
            epoch: draft.epoch,
            model: draft.model.identity,
            dimension: draft.model.dimension,
            threshold: draft.model.threshold,
            minimumNorm: draft.model.minimumNorm,
            samples: draft.samples,
            issuedAt: now,
            expiresAt: now + lifetime,
            previous: draft.previous.map {
                PreviousModel(
                    identity: $0.identity,
                    dimension: $0.dimension,
                    threshold: $0.threshold,
                    minimumNorm: $0.minimumNorm
                )
            }
        )
    }

    /// To whom a challenge goes: the connection, or the client key, which must be a usable Ed25519 key.
    func binding(of requester: Requester) throws(VerifierError) -> (Binding, clientKey: [UInt8]) {
        switch requester {
        case .local(let connection, _):
            return (.connection(connection.bytes), [UInt8](repeating: 0, count: 32))
        case .remote(let clientKey, _):
            guard VerifyingKey(clientKey) != nil else { throw .badRequest }
            return (.clientKey(clientKey), clientKey)
        case .administrator:
            throw .badRequest
        }
    }
}
