import ArgumentParser
import Foundation
import ServiceSupport
import Sodium

#if canImport(Glibc)
    import Glibc
#endif

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Keep the key of semblanced's vault sealed to this machine. For root.",
        discussion: """
            Sealed by systemd-creds(1), to the TPM where there is one, the key opens on this machine only: a copy of its disk is worth \
            nothing. Enrolments outlive a new TPM by the recovery key.
            """,
        subcommands: [KeyStatus.self, KeySeal.self, KeyUnseal.self, KeyRecovery.self, KeyRecover.self]
    )
}

struct KeyStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say where the vault's key is, and how it is kept."
    )

    @OptionGroup var output: OutputOptions

    /// What `--json` prints.
    private struct Report: Encodable {
        let sealing: String?
        let sealed: String?
        let file: String?
        let words: String
        let hint: String?
    }

    func run() async throws {
        let place = try VaultKeyPlace()
        guard output.json else {
            Terminal.result(place.words)
            if let hint = place.hint { Terminal.note("hint: \(hint)") }
            return
        }
        try Terminal.result(
            json: Report(
                sealing: place.isLoaded ? place.sealing.map { "\($0)" } : nil,
                sealed: place.isLoaded && place.isSealedThere ? VaultKeyPlace.sealed : nil,
                file: place.isFileThere ? place.file : nil,
                words: place.words,
                hint: place.hint
            )
        )
    }
}

struct KeySeal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal the vault's key, or seal it anew, and take away the file that it lay in.",
        discussion: """
            Where there is no vault yet, its key is made. The daemon is restarted, and the file goes once it runs with the \
            sealed key.
            """
    )

    @OptionGroup var options: SealingOptions
    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    func run() async throws {
        try KeyLock.take()
        let place = try VaultKeyPlace()
        guard !dryRun else {
            Terminal.result("the key is now \(place.words)")
            Terminal.result("would seal it (\(options.choice.rawValue)) into \(VaultKeyPlace.sealed)")
            if !place.isLoaded { Terminal.result("would write \(VaultKeyPlace.dropIn), and restart semblanced") }
            if place.isFileThere { Terminal.result("would remove \(place.file)") }
            return
        }
        let store = VaultKeyStore(place: place, options: options)
        try await KeySealing(store: store).seal(try store.key())
        Terminal.note(
            "write the recovery key down, for when this machine's TPM or firmware changes: semblance key recovery"
        )
    }
}

struct KeyUnseal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal",
        abstract: "Put the vault's key back into a file that only its user may read."
    )

    @OptionGroup var options: SealingOptions

    func run() async throws {
        try KeyLock.take()
        let place = try VaultKeyPlace()
        guard place.isLoaded else { throw CommandFailure(.badInput, "it is not sealed; it is \(place.words)") }
        let store = VaultKeyStore(place: place, options: options)
        try await KeySealing(store: store).keepInFile(try store.key())
        store.removeSealed()
    }
}

struct KeyRecovery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Show the recovery key, to be written down, at the terminal and nowhere else.",
        discussion: "Whoever has it and a copy of the vault has the templates: keep it where nobody finds both."
    )

    @OptionGroup var options: SealingOptions

    func run() async throws {
        try KeyLock.take()
        let store = VaultKeyStore(place: try VaultKeyPlace(), options: options)
        guard store.place.isLoaded || store.place.isFileThere else {
            throw CommandFailure(.badInput, "there is no key: it is \(store.place.words)", hint: store.place.hint)
        }
        var text = RecoveryKey.text(of: try store.key())
        defer { SecretBytes.zero(&text) }
        try SecretTerminal.show(text)
    }
}

struct KeyRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Make the vault's key anew from its recovery key, and seal it.",
        discussion: """
            Asks for it at the terminal, or takes it from standard input with --stdin. The vault has to be in its place. On another \
            machine copy its directory there first, with the owner that it has.
            """
    )

    @OptionGroup var options: SealingOptions
    @Flag(name: .customLong("stdin"), help: "Read the recovery key from standard input.")
    var fromStandardInput = false
    @Flag(help: "Put the key into a file, and seal nothing.")
    var file = false

    func run() async throws {
        try KeyLock.take()
        let place = try VaultKeyPlace()
        guard place.isVaultThere else {
            throw CommandFailure(.badInput, "there is no vault in \(place.vault)", hint: "copy it there first")
        }
        let store = VaultKeyStore(place: place, options: options)
        let key = try typedKey()
        try store.check(key, mayBeNone: false)
        let sealing = KeySealing(store: store)
        if file { try await sealing.keepInFile(key) } else { try await sealing.seal(key) }
    }

    private func typedKey() throws -> SecretBytes {
        let text =
            try fromStandardInput
            ? SecretBytes.readingAll(of: STDIN_FILENO, maximum: 256) : SecretTerminal.ask()
        guard let key = text?.withUnsafeBytes({ RecoveryKey.key(of: $0) }) else {
            throw CommandFailure(.badInput, "this is no recovery key", hint: "it is 64 letters of cbdefghijklnrtuv")
        }
        return key
    }
}
