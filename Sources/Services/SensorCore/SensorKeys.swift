import Sodium

/// The sensor's signing keys, one per audience and verifier key, so that two verifiers cannot tell that they know the
/// same sensor (attacks.md F17).
public struct SensorKeys: Sendable {
    /// The length of the master secret in bytes.
    public static let secretByteCount = 32

    private let master: SecretBytes

    /// Nil unless `master` has 32 bytes.
    public init?(master: SecretBytes) {
        guard master.count == Self.secretByteCount else { return nil }
        self.master = master
    }

    /// The Ed25519 key whose seed is BLAKE2b-256, keyed with the master secret, of
    /// `"semblance sensor key v1" || audience || verifierKey`. Nil unless `verifierKey` has 32 bytes (which makes the
    /// concatenation unambiguous).
    public func key(audience: String, verifierKey: [UInt8]) -> SigningKey? {
        guard verifierKey.count == VerifyingKey.byteCount else { return nil }
        let context = Array("semblance sensor key v1".utf8) + Array(audience.utf8) + verifierKey
        var seed = Hash.blake2b(context, count: SigningKey.seedByteCount, key: master)
        defer { SecretBytes.zero(&seed) }
        return SigningKey(seed: seed)
    }
}
