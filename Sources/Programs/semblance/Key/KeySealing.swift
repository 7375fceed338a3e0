import Foundation
import ServiceClients
import Sodium

#if canImport(Glibc)
    import Glibc
#endif

/// Puts a key where it is to be, and has the daemon use it there.
struct KeySealing {
    let store: VaultKeyStore

    /// Seals it; the key's file goes last, once the daemon runs with what was sealed.
    func seal(_ key: SecretBytes) async throws {
        try store.seal(key)
        try store.load()
        defer { store.forgetFormer() }
        guard Systemctl.isThere else {
            // Nothing here shows that it works.
            if store.place.isFileThere {
                Terminal.note("no service manager runs here: \(store.place.file) stays; run this again where one does")
            }
            return
        }
        do {
            // Where there was no key before there is nothing that would have to be started, nor anything to lose.
            guard !store.place.isBare else { return try ProverService.reload() }
            try await ProverService.restart()
            guard ProverService.hasCredential else {
                throw CommandFailure(
                    .failure,
                    "the service starts without the sealed key; all is as it was",
                    hint: "systemctl cat semblanced.service: does another line replace LoadCredentialEncrypted=?"
                )
            }
        } catch {
            store.takeBack()
            try? await ProverService.restart()
            throw error
        }
        try store.removeFile()
    }

    /// Puts a key into the file, and has the daemon use that. What was sealed stays.
    func keepInFile(_ key: SecretBytes) async throws {
        let place = store.place
        guard !place.isLoaded || store.canUnload else { return try store.unload() }
        if place.isFileThere { try store.removeFile() }
        try store.writeFile(key)
        if place.isLoaded { try store.unload() }
        guard Systemctl.isThere else { return }
        try await ProverService.restart()
        guard !ProverService.hasCredential else {
            throw CommandFailure(
                .failure,
                "the service loads a sealed key still; the one in \(VaultKeyPlace.sealed) stays",
                hint: "systemctl cat semblanced.service says by which line"
            )
        }
    }
}

/// `semblanced` under the service manager.
enum ProverService {
    private static let unit = "semblanced.service"
    private static let patience = Duration.seconds(20)

    private static let hint = "journalctl -u \(unit)"

    /// Whether the service manager has passed the sealed key to the service that runs.
    static var hasCredential: Bool {
        access("/run/credentials/\(unit)/\(VaultKeyPlace.credential)", F_OK) == 0
    }

    static func reload() throws { try Systemctl.perform(["daemon-reload"], hint: hint) }

    /// Starts it anew by its unit as that is now, and waits until it answers.
    static func restart() async throws {
        try reload()
        try Systemctl.perform(["restart", unit], hint: hint)
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                _ = try await ProverClient(path: ServiceOptions.usualProver).status()
                return
            } catch  where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
