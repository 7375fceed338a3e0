import Foundation
import ServiceClients
import Sodium

#if canImport(Glibc)
    import Glibc
#endif

/// Seals a key and has the daemon use it; the key's file goes last, once the daemon runs with what was sealed.
struct KeySealing {
    let store: VaultKeyStore

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
            try await ProverService.reload()
            // Where there was no key before there is nothing that would have to be started, nor anything to lose.
            guard !store.place.isBare else { return }
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
            try? await ProverService.reload()
            try? await ProverService.restart()
            throw error
        }
        try store.removeFile()
    }
}

/// `semblanced` under the service manager.
enum ProverService {
    private static let unit = "semblanced.service"
    private static let patience = Duration.seconds(20)

    /// Whether the service manager has passed the sealed key to the service that runs.
    static var hasCredential: Bool {
        access("/run/credentials/\(unit)/\(VaultKeyPlace.credential)", F_OK) == 0
    }

    static func reload() async throws { try perform(["daemon-reload"]) }

    /// Starts it anew, and waits until it answers.
    static func restart() async throws {
        try perform(["restart", unit])
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

    private static func perform(_ arguments: [String]) throws {
        let done = try Systemctl.run(arguments)
        guard done.status == 0 else {
            throw CommandFailure(
                .unavailable,
                "systemctl \(arguments.joined(separator: " ")) failed: \(done.lastLine ?? "status \(done.status)")",
                hint: "journalctl -u \(unit)"
            )
        }
    }
}
