import ArgumentParser
import ServiceClients

/// What shells offer behind the Tab key.
extension CompletionKind {
    static let accounts = CompletionKind.shellCommand("getent passwd | cut -d: -f1")
    static let services = CompletionKind.shellCommand("ls /etc/pam.d")
    static let modalities = CompletionKind.list(["face", "fingerprint"])
    static let models = CompletionKind.file(extensions: ["semblance-model", "semblance-public"])
    /// Of the caller's enrolments, for root of everybody's; none where semblanced does not answer.
    static let labels = CompletionKind.custom { _, _, _ async in
        guard let prover = try? await ProverClient(path: ServiceOptions.usualProver),
            let enrolments = try? await prover.list(subject: nil)
        else { return [] }
        return Set(enrolments.map(\.label)).sorted()
    }
}
