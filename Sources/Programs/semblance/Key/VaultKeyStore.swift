import Encoding
import Foundation
import PamConfiguration
import ServiceSupport
import Sodium

/// Fetches the vault's key from where it is, and puts it where it is to be. What belongs to the daemon's user is done as that user.
struct VaultKeyStore {
    private static let sealer = "/usr/bin/systemd-creds"
    private static let former = "\(VaultKeyPlace.sealed).old"

    /// Whether this system has what seals.
    static var canSeal: Bool { access(sealer, X_OK) == 0 }

    let place: VaultKeyPlace
    let options: SealingOptions

    // -- fetching

    /// The key that opens the vault, from wherever it is; a new one where there is neither key nor vault.
    func key() throws -> SecretBytes {
        let sources = [
            place.isLoaded ? { try unsealed(VaultKeyPlace.sealed) } : nil, place.isFileThere ? fromFile : nil,
            !place.isLoaded && place.isSealedThere ? { try unsealed(VaultKeyPlace.sealed) } : nil,
        ].compactMap(\.self)
        guard !sources.isEmpty else {
            guard place.isBare else {
                throw CommandFailure(.failure, "the vault's key is \(place.words)", hint: place.hint)
            }
            return SecretBytes.random(count: AEAD.keyByteCount)
        }
        var first: (any Error)?
        for source in sources {
            do {
                let key = try source()
                try check(key)
                return key
            } catch {
                first = first ?? error
            }
        }
        throw first ?? CommandFailure(.failure, "the vault's key is \(place.words)", hint: place.hint)
    }

    /// Looks whether `key` opens the vault, as the daemon itself says; throws where it does not.
    ///
    /// - Parameter mayBeNone: whether it may be that there is no vault yet.
    func check(_ key: SecretBytes, mayBeNone: Bool = true) throws {
        let arguments = [KeyCheckStatus.flag, "--vault", place.vault]
        guard let command = try DaemonProgram.prover.command(arguments) else {
            throw CommandFailure(.unavailable, "semblanced is not installed", hint: "apt install semblance")
        }
        let said = try SecretPipe.run(command, input: key)
        switch KeyCheckStatus(rawValue: said.status) {
        case .opens: return
        case .noVault where mayBeNone: return
        case .noVault:
            throw CommandFailure(.badInput, "there is no vault in \(place.vault)", hint: "copy it there first")
        case .wrong: throw CommandFailure(.refused, "this key does not open the vault in \(place.vault)")
        case nil: throw CommandFailure(.failure, "whether the key opens the vault cannot be told: \(said.reason)")
        }
    }

    private func unsealed(_ path: String) throws -> SecretBytes {
        let arguments = ["decrypt", "--name=\(VaultKeyPlace.credential)"] + options.device + [path, "-"]
        let output = try SecretPipe.run([Self.sealer] + arguments)
        guard output.status == 0, let key = output.secret, key.count == AEAD.keyByteCount else {
            throw CommandFailure(
                .failure,
                "the sealed key cannot be opened: \(output.reason)",
                hint:
                    "where the TPM's measurements have changed, or the disk is in another machine: semblance key recover"
            )
        }
        return key
    }

    private func fromFile() throws -> SecretBytes {
        let output = try asDaemon(["/usr/bin/cat", "--", place.file])
        guard output.status == 0, let key = output.secret, key.count == AEAD.keyByteCount else {
            throw CommandFailure(.failure, "\(place.file) holds no key", hint: "it has \(AEAD.keyByteCount) bytes")
        }
        return key
    }

    // -- storing

    /// Seals it where systemd finds it. What was there is kept beside it, for ``takeBack()``, and in force until the new one has been
    /// opened again.
    func seal(_ key: SecretBytes) throws {
        var arguments = ["encrypt", "--name=\(VaultKeyPlace.credential)", "--with-key=\(options.choice.rawValue)"]
        if let pcrs = options.pcrs { arguments.append("--tpm2-pcrs=\(pcrs)") }
        let output = try SecretPipe.run([Self.sealer] + arguments + options.device + ["-", "-"], input: key)
        guard output.status == 0, let sealed = output.secret else {
            throw CommandFailure(
                .failure,
                "systemd-creds does not seal the key: \(output.reason)",
                hint: options.choice == .host || options.choice == .auto
                    ? "systemd-creds setup makes the host's key" : "systemd-creds has-tpm2 says what is missing"
            )
        }
        // What is sealed is no secret any more.
        let contents = sealed.withUnsafeBytes { Array($0) }
        guard let sealing = CredentialSealing(contents), sealing != .nothing else {
            throw CommandFailure(.failure, "systemd-creds has neither a TPM nor a host's key here; nothing was changed")
        }
        unlink(Self.former)
        if place.isSealedThere { link(VaultKeyPlace.sealed, Self.former) }
        try put(contents, at: VaultKeyPlace.sealed, mode: 0o600) { fresh in
            guard try unsealed(fresh).isEqual(to: key) else {
                throw CommandFailure(
                    .failure,
                    "systemd-creds opens what it sealed to something else; nothing was changed"
                )
            }
        }
    }

    /// Undoes ``seal(_:)`` and ``load()``.
    func takeBack() {
        if rename(Self.former, VaultKeyPlace.sealed) != 0, !place.isSealedThere { removeSealed() }
        if !place.isLoaded { unlink(VaultKeyPlace.dropIn) }
    }

    func forgetFormer() { unlink(Self.former) }

    /// Has the daemon's unit load the sealed key.
    func load() throws {
        guard !place.isLoaded else { return }
        try put(Array(VaultKeyPlace.dropInText.utf8), at: VaultKeyPlace.dropIn, mode: 0o644)
    }

    /// Whether ``unload()`` can: the line is in the file that this program writes.
    var canUnload: Bool { access(VaultKeyPlace.dropIn, F_OK) == 0 }

    /// Has the daemon's unit load nothing.
    func unload() throws {
        guard unlink(VaultKeyPlace.dropIn) == 0 else {
            throw CommandFailure(
                .failure,
                "the service loads the sealed key by another file than \(VaultKeyPlace.dropIn)",
                hint: "take LoadCredentialEncrypted=\(VaultKeyPlace.credential) out of it, then run this again"
            )
        }
    }

    func removeSealed() { unlink(VaultKeyPlace.sealed) }

    /// Writes the key file, which must not be there, down to the disk, and reads it again.
    func writeFile(_ key: SecretBytes) throws {
        let script =
            #"umask 077; /usr/bin/dd of="$0" conv=excl,fsync status=none && /usr/bin/sync -- "$(/usr/bin/dirname -- "$0")""#
        let output = try asDaemon(["/bin/sh", "-c", script, place.file], input: key)
        guard output.status == 0, try fromFile().isEqual(to: key) else {
            throw CommandFailure(.failure, "\(place.file) cannot be written: \(output.reason)")
        }
    }

    /// Overwrites the key file and takes it away. On flash memory, and in backups, what was once written may stay.
    func removeFile() throws {
        guard place.isFileThere else { return }
        let output = try asDaemon(["/usr/bin/shred", "--remove", "--", place.file])
        guard output.status == 0 else {
            throw CommandFailure(.failure, "\(place.file) stays: \(output.reason)", hint: "it is not needed; remove it")
        }
    }

    /// Writes a file of root's, whole at once.
    ///
    /// - Parameter check: has the last word on the new file, before it takes the old one's place.
    private func put(_ contents: [UInt8], at path: String, mode: mode_t, check: (String) throws -> Void = { _ in })
        throws
    {
        let fresh = "\(path).new"
        try FileReplacement.makeDirectories(path.parentPath)
        unlink(fresh)
        defer { unlink(fresh) }
        try FileReplacement.create(fresh, contents: contents, mode: mode)
        try check(fresh)
        guard rename(fresh, path) == 0 else {
            throw CommandFailure(.failure, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        FileBytes.syncDirectory(path.parentPath)
    }

    /// As the daemon's user, who owns the vault and the key file. Not for long: a key file that is a pipe gives nothing.
    private func asDaemon(
        _ command: [String],
        input: SecretBytes = SecretBytes(count: 0)
    ) throws -> SecretPipe.Output {
        try SecretPipe.run(
            ProgramRun.words(command, as: DaemonProgram.prover.account),
            input: input,
            time: .seconds(10)
        )
    }
}
