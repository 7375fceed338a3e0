import Sodium
import Statement

/// What the verifier must remember of a challenge stands in the challenge itself, in its nonce, so that an unanswered one
/// is kept nowhere. Of the 32 bytes
///
///  - 12 are random,
///  - 4 name the enrolment token that allowed the challenge, encrypted,
///  - 8 are a keyed hash of the challenge and of the clock's generation: it was issued here since the clock last went
///    back; of a login's challenge they cover what all of a `ChallengeSet` say alike, as these share one nonce
///    (the rest is compared with the record),
///  - 8 are a keyed hash of whom it was issued to: a local connection is not named in the challenge.
///
/// They protect nothing against somebody without the verifier's Ed25519 key, whose signature is over all of it; without
/// the key of these hashes the nonce is 32 random bytes to everybody.
struct NonceSeal: Sendable {
    private let key: SecretBytes

    private static let random = 0..<12
    private static let token = 12..<16
    private static let issue = 16..<24
    private static let binding = 24..<32

    init(key: SecretBytes) {
        self.key = key
    }

    /// Gives `challenge` its nonce.
    ///
    /// - Parameter token: 1 to 2³² - 1.
    func seal(_ challenge: inout Challenge, generation: Int64, binding: Binding, token: Int64?) {
        var nonce = SecureRandom.bytes(Self.random.count) + [UInt8](repeating: 0, count: 20)
        let pad = tokenPad(nonce)
        let id = withUnsafeBytes(of: UInt32(truncatingIfNeeded: token ?? 0).littleEndian) { Array($0) }
        nonce.replaceSubrange(Self.token, with: zip(id, pad).map { $0 ^ $1 })
        challenge.nonce = nonce
        nonce.replaceSubrange(Self.issue, with: issueHash(of: challenge, generation: generation))
        nonce.replaceSubrange(Self.binding, with: bindingHash(of: nonce, to: binding))
        challenge.nonce = nonce
    }

    /// Whether this challenge, whose signature was checked, was issued in this generation.
    func isIssued(_ challenge: Challenge, generation: Int64) -> Bool {
        guard challenge.nonce.count == 32 else { return false }
        return constantTimeEqual(
            Array(challenge.nonce[Self.issue]),
            Array(issueHash(of: challenge, generation: generation))
        )
    }

    /// Whether a challenge with this nonce was issued to `binding`.
    func isBound(_ nonce: [UInt8], to binding: Binding) -> Bool {
        guard nonce.count == 32 else { return false }
        return constantTimeEqual(Array(nonce[Self.binding]), Array(bindingHash(of: nonce, to: binding)))
    }

    /// The id of the token that allowed the challenge; nil where none did.
    func token(of nonce: [UInt8]) -> Int64? {
        guard nonce.count == 32 else { return nil }
        let bytes = zip(nonce[Self.token], tokenPad(nonce)).map { $0 ^ $1 }
        let id = bytes.reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return id == 0 ? nil : id
    }

    private func tokenPad(_ nonce: [UInt8]) -> ArraySlice<UInt8> {
        hash("token", Array(nonce[Self.random])).prefix(Self.token.count)
    }

    private func issueHash(of challenge: Challenge, generation: Int64) -> ArraySlice<UInt8> {
        var open = Self.common(challenge)
        for index in Self.issue.lowerBound..<Self.binding.upperBound { open.nonce[index] = 0 }
        let generation = withUnsafeBytes(of: generation.littleEndian) { Array($0) }
        return hash("issue", generation + open.encode()).prefix(Self.issue.count)
    }

    /// A challenge without that in which it may differ from others of its set.
    private static func common(_ challenge: Challenge) -> Challenge {
        guard challenge.role == .authenticate else { return challenge }
        var common = challenge
        (common.modality, common.label, common.template, common.epoch) = (.face, "", nil, 0)
        (common.model, common.dimension, common.assurance) = ([UInt8](repeating: 0, count: 32), 0, .match)
        (common.threshold, common.minimumNorm) = (0, 0)
        return common
    }

    private func bindingHash(of nonce: [UInt8], to binding: Binding) -> ArraySlice<UInt8> {
        hash("binding", Array(nonce[Self.random]) + binding.key + Array(binding.kind.utf8)).prefix(Self.binding.count)
    }

    private func hash(_ purpose: String, _ message: [UInt8]) -> [UInt8] {
        Hash.blake2b(Array("semblance nonce \(purpose)|".utf8) + message, count: 32, key: key)
    }
}
