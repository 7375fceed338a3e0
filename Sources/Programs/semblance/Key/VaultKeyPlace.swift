import Encoding
import Foundation
import ServiceSupport

#if canImport(Glibc)
    import Glibc
#endif

/// Where semblanced's vault has its key, and how it is kept. For root.
struct VaultKeyPlace {
    /// The credential's name, by which it is sealed as well.
    static let credential = "vault-key"
    /// Where systemd looks for a sealed credential of this name (systemd.exec(5), LoadCredentialEncrypted=).
    static let sealed = "/etc/credstore.encrypted/vault-key"
    private static let dropIns = "/etc/systemd/system/semblanced.service.d"
    static let dropIn = "\(dropIns)/vault-key.conf"
    static let dropInText = "[Service]\nLoadCredentialEncrypted=\(credential):\(sealed)\n"
    private static let longestFile = 1 << 16

    /// The vault's directory, and the key file for when no credential is loaded.
    let vault: String
    let file: String
    /// Whether the daemon's unit loads the sealed credential.
    let isLoaded: Bool
    /// What it is sealed with; nil where there is none, or nobody here knows how.
    let sealing: CredentialSealing?
    let isSealedThere: Bool
    let isFileThere: Bool
    let isVaultThere: Bool

    static func checkRoot() throws {
        guard geteuid() == 0 else {
            throw CommandFailure(.notPermitted, "only root may look at the vault's key", hint: "run it as root")
        }
    }

    init() throws {
        try Self.checkRoot()
        let configuration = "/etc/semblance/prover.json"
        var values: [String: JSON] = [:]
        if access(configuration, F_OK) == 0 {
            let reading = try ConfigurationReading(.prover, file: configuration)
            // By defaults another vault might be meant.
            if let words = reading.faultWords { throw CommandFailure(.badInput, words, hint: reading.hint) }
            for value in reading.values { values[value.key] = value.value }
        }
        func text(_ key: String) -> String? {
            if case .string(let text)? = values[key] { text } else { nil }
        }
        vault = text("vault") ?? "/var/lib/semblance"
        file = text("keyFile") ?? "\(vault)/key"
        isLoaded = try Self.isLoaded()
        let contents = try? SafeFile.read(Self.sealed, maximum: Self.longestFile, privacy: .readable)
        isSealedThere = contents != nil || Self.isThere(Self.sealed)
        sealing = contents.flatMap { CredentialSealing($0) }
        isFileThere = Self.isThere(file)
        isVaultThere = Self.isThere("\(vault)/vault.sqlite")
    }

    /// Only whether there is something: what the daemon's user put there is not read by root.
    private static func isThere(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    private static func isLoaded() throws(FileError) -> Bool {
        let names: [String]
        do {
            names = try DirectoryNames.read(dropIns)
        } catch .missing {
            return false
        }
        for name in names where name.hasSuffix(".conf") {
            let text: [UInt8]
            do {
                text = try SafeFile.read("\(dropIns)/\(name)", maximum: longestFile, privacy: .readable)
            } catch .wrongKind {
                continue  // a link: to /dev/null, which masks, or to what somebody else looks after
            }
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
            let isHere = lines.contains { line in
                line == "LoadCredentialEncrypted=\(credential)"
                    || line == "LoadCredentialEncrypted=\(credential):\(sealed)"
            }
            if isHere { return true }
        }
        return false
    }

    /// Whether there is no key, and nothing that it would be of.
    var isBare: Bool { !isLoaded && !isFileThere && !isVaultThere && !isSealedThere }

    /// Whether the daemon finds a key where it looks.
    var isThere: Bool { isLoaded ? isSealedThere : isFileThere }

    var words: String {
        guard isLoaded else {
            if isFileThere { return "a file that only its user may read: \(file)" }
            if isSealedThere { return "sealed in \(Self.sealed), which the service does not load" }
            return isVaultThere ? "gone: the vault is there, its key is not" : "not made yet"
        }
        guard isSealedThere else { return "gone: the service loads \(Self.sealed), which is not there" }
        return "\(sealing?.words ?? "sealed in a way that is not known here"): \(Self.sealed)"
    }

    /// What could be better; nil where nothing is.
    var hint: String? {
        if isLoaded, !isSealedThere { return "semblance key recover" }
        if isLoaded, sealing == .nothing { return "semblance key seal" }
        if isLoaded, isFileThere { return "it lies in \(file) as well, open: semblance key seal takes it away" }
        if !isLoaded, !isFileThere, isSealedThere { return "semblance key seal has it loaded" }
        if !isLoaded, isVaultThere, !isFileThere { return "semblance key recover" }
        return nil
    }
}
