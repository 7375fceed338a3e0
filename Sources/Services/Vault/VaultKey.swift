import Glibc
import ServiceSupport
import Sodium

/// The key that seals the openings.
public enum VaultKey {
    /// The credential's name in systemd's `LoadCredentialEncrypted=`.
    public static let credentialName = "vault-key"

    /// The 32-byte key: the service manager's credential if it passed one (systemd.exec(5), `$CREDENTIALS_DIRECTORY`),
    /// else the file at `path`, which is made with mode 0600 when it is missing.
    ///
    /// A credential that is there but unusable is an error; another key would make the vault unreadable.
    public static func load(file path: String, credentialsDirectory: String?) throws(VaultError) -> SecretBytes {
        do {
            if let directory = credentialsDirectory {
                do {
                    return try SecretFile.load(
                        directory + "/" + credentialName,
                        count: AEAD.keyByteCount,
                        privacy: .credential
                    )
                } catch .missing {
                    // The manager passed other credentials only.
                }
            }
            return try SecretFile.loadOrCreate(path, count: AEAD.keyByteCount)
        } catch {
            throw .file(error)
        }
    }
}
