import Glibc
import ServiceSupport
import Sodium
import Statement

/// The key that seals the openings.
public enum VaultKey {
    /// The credential's name in systemd's `LoadCredentialEncrypted=`.
    public static let credentialName = "vault-key"

    /// The 32-byte key: the service manager's credential if it passed one (systemd.exec(5), `$CREDENTIALS_DIRECTORY`),
    /// else the file at `path`, which is made with mode 0600 when it is missing and there is no vault yet.
    ///
    /// A credential that is there but unusable is an error, and so is a vault whose key is not there: another key would not open it.
    ///
    /// - Parameter directory: of the vault.
    public static func load(
        file path: String,
        vault directory: String,
        credentialsDirectory: String?
    ) throws(VaultError) -> SecretBytes {
        let isMade = isMade(directory)
        do throws(FileError) {
            if let key = try credential(credentialsDirectory) { return key }
            return isMade
                ? try SecretFile.load(path, count: AEAD.keyByteCount)
                : try SecretFile.loadOrCreate(path, count: AEAD.keyByteCount)
        } catch {
            if isMade, case .missing = error { throw .keyGone }
            throw .file(error)
        }
    }

    /// What the service manager passed; nil where it passed other credentials only, or none.
    private static func credential(_ directory: String?) throws(FileError) -> SecretBytes? {
        guard let directory else { return nil }
        do {
            return try SecretFile.load(
                directory + "/" + credentialName,
                count: AEAD.keyByteCount,
                privacy: .credential
            )
        } catch .missing {
            return nil
        }
    }
}

extension VaultKey {
    /// Whether there is a vault that was written with some key.
    private static func isMade(_ directory: String) -> Bool {
        var info = stat()
        return stat(directory + "/vault.sqlite", &info) == 0 && info.st_size > 0
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
