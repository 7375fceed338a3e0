import ServiceClients
import ServiceSupport
import Sodium

/// A verifier that somebody is about to enrol with: who it is, before anything is shown to it.
struct EnrolmentPlace: Sendable {
    let verifier: any VerifierClient
    let audience: String
    /// 32 bytes.
    let verifierKey: [UInt8]

    /// Contacts the verifier and checks its key: with the key that the user named, and a remote one's also with what the
    /// enrolment token or an earlier enrolment says of it. An enrolment token is a secret that lets anybody enrol; it is
    /// for the verifier that issued it only.
    init(
        place: String,
        enrolmentToken: String?,
        namedKey: [UInt8]?,
        subject: String,
        prover: ProverClient
    ) async throws {
        guard place.contains("://") else {
            let local = try await LocalVerifier(path: place)
            let identity = try await local.identity()
            (verifier, audience) = (local, identity.audience)
            verifierKey = Hexadecimal.decode(identity.verifierKey) ?? []
            try Self.check(verifierKey, isNamed: namedKey, at: local.origin)
            return
        }
        let token = enrolmentToken.map { EnrolmentToken($0) }
        let remote = try RemoteVerifier(address: place, enrolmentToken: token)
        let identity = try await remote.provenIdentity()
        try Self.check(identity.verifierKey, isNamed: namedKey, at: remote.origin)
        if let token, namedKey == nil || token.isMeant(for: identity.verifierKey) == false {
            let pinned = try await prover.list(subject: subject)
                .filter { $0.origin == remote.origin.text && $0.state == "active" }
            let isPinned = pinned.contains { $0.verifierKey == Hexadecimal.encode(identity.verifierKey) }
            try Self.permit(token, identity.verifierKey, isPinned: isPinned, at: remote.origin)
        }
        (verifier, audience, verifierKey) = (remote, identity.audience, identity.verifierKey)
    }

    private static func check(_ key: [UInt8], isNamed named: [UInt8]?, at origin: Origin) throws {
        guard let named, named != key else { return }
        throw CommandFailure(
            .refused,
            "\(origin) has the key \(Hexadecimal.encode(key)), not the one that --verifier-key names",
            hint: "ask its administrator which one is right"
        )
    }

    private static func permit(_ token: EnrolmentToken, _ key: [UInt8], isPinned: Bool, at origin: Origin) throws {
        switch token.isMeant(for: key) {
        case true?: return
        case false?:
            throw CommandFailure(
                .refused,
                "the enrolment token is for another verifier than the one at \(origin); it was not sent",
                hint: "is the address right? this one's key is \(Hexadecimal.encode(key))"
            )
        case nil where isPinned: return
        case nil:
            throw CommandFailure(
                .refused,
                "the enrolment token does not say which verifier it is for; it was not sent",
                hint: "ask the administrator for a new token or for the verifier's key, and name that by --verifier-key"
            )
        }
    }
}
