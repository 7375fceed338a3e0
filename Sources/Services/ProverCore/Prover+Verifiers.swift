import Interfaces
import ServiceSupport
import Sodium
import Statement
import Vault

/// A finished proof, ready to be handed in.
struct Answer: Equatable, Sendable {
    /// The envelope of docs/protocol.md section 2.3.
    let proof: [UInt8]
    /// For a remote verifier, the device key's signature over origin and proof.
    let clientSignature: [UInt8]?
}

/// The rules about who asks and where: they come before anything is captured.
extension Prover {
    /// The client key that a challenge of this origin must name: the subject's device key there, or 32 zero bytes for a
    /// socket, whose challenges are bound to the connection.
    func clientKey(of subject: String, at origin: Origin, by request: Request) throws(ProverFailure) -> [UInt8] {
        clientKey(of: try authorise(subject, request), at: origin)
    }

    /// Decodes challenges of one set, each of which is what the caller asked for, and returns them with the uid of
    /// their subject.
    func challenges(
        _ encoded: [[UInt8]],
        _ expected: ChallengeExpectation,
        _ request: Request
    ) throws(ProverFailure) -> (signed: [SignedChallenge], uid: UInt32) {
        let uid = try authorise(expected.subject, request)
        // A service that speaks for others does so on this machine.
        guard !request.isProxied || !expected.origin.isRemote else { throw .notAuthorized }
        var challenges: [SignedChallenge] = []
        for bytes in encoded {
            let signed: SignedChallenge
            do {
                signed = try SignedChallenge(decoding: bytes)
            } catch {
                throw refusal(.malformed, "", request)
            }
            do {
                try expected.check(signed.challenge)
            } catch {
                throw mismatch(error, signed, request)
            }
            challenges.append(signed)
        }
        do {
            try ChallengeSet.check(challenges.map(\.challenge))
        } catch {
            throw mismatch(ChallengeExpectation.Mismatch(error), challenges[0], request)
        }
        return (challenges, uid)
    }

    /// Whether the verifier that signed the challenge belongs to the origin, and issued it to this device. Its signature
    /// is checked before.
    func checkVerifier(
        _ signed: SignedChallenge,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request,
        _ check: (VerifierPins) throws(VerifierPins.Refusal) -> Void
    ) throws(ProverFailure) {
        do {
            try check(VerifierPins(configured: settings.verifiers))
        } catch {
            switch error {
            case .mismatch(let mismatch): throw self.mismatch(mismatch, signed, request)
            case .keyChanged(let audience, let origin, let pinned, let offered):
                _ = refusal(.verifierPin, audience, request)
                throw .verifierKeyChanged(audience: audience, origin: origin, pinned: pinned, offered: offered)
            }
        }
        let (own, named) = (clientKey(of: uid, at: origin), signed.challenge.clientKey)
        guard own == named else {
            let mismatch = ChallengeExpectation.Mismatch(
                "clientKey",
                expected: Hexadecimal.encode(own),
                found: Hexadecimal.encode(named)
            )
            throw self.mismatch(mismatch, signed, request)
        }
    }

    /// ``checkVerifier(_:_:uid:_:_:)`` where there is no enrolment yet: by what else the subject has enrolled.
    func checkNewVerifier(
        _ signed: SignedChallenge,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) {
        let known = try storing { () throws(VaultError) in try vault.enrolments(of: uid) }
        try checkVerifier(signed, origin, uid: uid, request) { pins throws(VerifierPins.Refusal) in
            try pins.checkEnrolment(signed.challenge, at: origin, known: known)
        }
    }

    /// The answer to a challenge: the proof, signed by the device key where the verifier is remote.
    func answer(_ proof: [UInt8], _ origin: Origin, uid: UInt32) -> Answer {
        guard origin.isRemote else { return Answer(proof: proof, clientSignature: nil) }
        let key = vault.deviceKey(of: uid, at: origin)
        return Answer(proof: proof, clientSignature: ClientSignature.sign(origin: origin, proof: proof, with: key))
    }

    private func clientKey(of uid: UInt32, at origin: Origin) -> [UInt8] {
        guard origin.isRemote else { return [UInt8](repeating: 0, count: VerifyingKey.byteCount) }
        return vault.deviceKey(of: uid, at: origin).publicKey.bytes
    }

    private func mismatch(
        _ mismatch: ChallengeExpectation.Mismatch,
        _ signed: SignedChallenge,
        _ request: Request
    ) -> ProverFailure {
        logger.warning(
            "challenge refused",
            metadata: [
                "peer": "\(request.peer)", "audience": "\(signed.challenge.audience)", "reason": "mismatch",
                "field": "\(mismatch.field)",
            ]
        )
        return .challengeMismatch(mismatch)
    }
}
