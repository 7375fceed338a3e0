import ServiceSupport
import Sodium

/// The verifier's secrets, all derived from one 32-byte seed.
public struct VerifierKeys: Sendable {
    /// Signs challenges and receipts; its public half is what provers pin.
    public let signing: SigningKey
    /// The Ed25519 key of the tokens, distinct from ``signing`` so that no message of one kind is one of the other.
    public let tokens: SigningKey
    let tokenSeed: SecretBytes
    let rowSeal: RowSeal
    let decoys: DecoySource
    let nonces: NonceSeal

    /// Nil unless `seed` has 32 bytes.
    public init?(seed: SecretBytes) {
        let tokenSeed = Self.derive("tokens", from: seed)
        guard let signing = SigningKey(seed: seed), let tokens = SigningKey(seed: tokenSeed) else { return nil }
        self.signing = signing
        self.tokens = tokens
        self.tokenSeed = tokenSeed
        self.rowSeal = RowSeal(key: Self.derive("database rows", from: seed))
        self.decoys = DecoySource(key: Self.derive("decoys", from: seed))
        self.nonces = NonceSeal(key: Self.derive("nonces", from: seed))
    }

    /// Writes a fresh random seed to `path`, mode 0600; the file must not exist.
    public static func create(at path: String) throws(FileError) -> VerifierKeys {
        try SafeFile.create(path, contents: .random(count: SigningKey.seedByteCount))
        return try load(path: path)
    }

    /// Reads a seed that only root or this user may read: a key file, or a credential of the service manager.
    public static func load(path: String) throws(FileError) -> VerifierKeys {
        let count = SigningKey.seedByteCount
        guard let keys = VerifierKeys(seed: try SecretFile.load(path, count: count, privacy: .secret(at: path))) else {
            throw .wrongLength(path: path, expected: count)
        }
        return keys
    }

    private static func derive(_ purpose: String, from seed: SecretBytes) -> SecretBytes {
        var key = Hash.blake2b(Array("semblance verifier \(purpose) v1".utf8), count: 32, key: seed)
        defer { SecretBytes.zero(&key) }
        return SecretBytes(copying: key)
    }
}

extension SafeFile.Privacy {
    /// What is asked of the secret file at `path`: that its owner alone may read it; below the service manager's own
    /// directory of credentials, whose access control lists show up as group bits, that the group may at most read.
    static func secret(at path: String) -> SafeFile.Privacy {
        path.hasPrefix("/run/credentials/") && !path.split(separator: "/").contains("..") ? .credential : .secret
    }
}
