import Foundation
import Sodium

/// Seals a key and has the daemon use it; the key's file goes last, when the daemon has answered.
struct KeySealing {
    let store: VaultKeyStore

    func seal(_ key: SecretBytes) async throws {
        try store.seal(key)
        try store.load()
        do {
            try await ProverService.restart()
        } catch {
            // As it was: the file is still there.
            if !store.place.isLoaded, store.place.isFileThere {
                try store.unload()
                try? await ProverService.restart()
            }
            throw error
        }
        try store.removeFile()
    }
}

/// `semblanced` under the service manager; where there is none, whoever starts it does so.
enum ProverService {
    private static let unit = "semblanced.service"
    private static let patience = Duration.seconds(20)

    /// Restarts it where it runs, and waits until it answers.
    static func restart() async throws {
        guard Systemctl.isThere else { return }
        try perform(["daemon-reload"])
        guard try Systemctl.run(["is-active", "--quiet", unit]).status == 0 else { return }
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
