import Glibc
import ServiceSupport
import Sodium
import Statement

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

/// What names an enrolment: one subject, one verifier, one modality, one label.
public struct EnrolmentKey: Hashable, Sendable {
    /// The account, 1 to 255 bytes.
    public let subject: String
    /// The verifier's name, 1 to 255 bytes.
    public let audience: String
    /// What was captured.
    public let modality: Modality
    /// Which of the subject's templates of this modality, 1 to 64 bytes.
    public let label: String

    public init(subject: String, audience: String, modality: Modality, label: String) {
        self.subject = subject
        self.audience = audience
        self.modality = modality
        self.label = label
    }

    /// The key that a challenge is about.
    public init(_ challenge: Challenge) {
        self.init(
            subject: challenge.subject,
            audience: challenge.audience,
            modality: challenge.modality,
            label: challenge.label
        )
    }

    /// The key that a receipt is about.
    public init(_ receipt: Receipt) {
        self.init(
            subject: receipt.subject,
            audience: receipt.audience,
            modality: receipt.modality,
            label: receipt.label
        )
    }
}
