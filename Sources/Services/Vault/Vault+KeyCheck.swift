import Foundation
import GRDB
import ServiceSupport
import Sodium

extension Vault {
    /// Whether `key` opens the vault in `directory`; nil where there is none yet. Changes nothing, beside a daemon that has it open.
    ///
    /// - Throws: where the file is not a vault's, or cannot be read.
    public static func isOpened(by key: SecretBytes, in directory: String) throws(VaultError) -> Bool? {
        let path = directory + "/vault.sqlite"
        do {
            try SafeFile.check(path, privacy: .secret)
        } catch .missing {
            return nil
        } catch {
            throw .file(error)
        }
        guard key.count == AEAD.keyByteCount else { return false }
        return try translating {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            return try database.read { try Schema.isOpened($0, by: key) }
        }
    }
}
