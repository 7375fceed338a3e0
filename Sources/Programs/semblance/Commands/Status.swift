import ArgumentParser
import ServiceClients

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show whether the daemons answer, and what they have.")

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    private struct Report: Codable {
        var prover: ProverClient.Status?
        var verifier: VerifierIdentity?
        /// Those of the caller's enrolments (for root: of all) that may not be tried now.
        var lockedOut: [ProverClient.Enrolment] = []
    }

    func run() async throws {
        var report = Report()
        var failures: [CommandFailure] = []
        do {
            let prover = try await ProverClient(path: services.prover)
            report.prover = try await prover.status()
            report.lockedOut = try await prover.list(subject: nil).filter { $0.lockOut != nil }
        } catch let failure as CommandFailure { failures.append(failure) }
        do {
            report.verifier = try await VerifierClients.connect(to: services.verifier).identity()
        } catch let failure as CommandFailure { failures.append(failure) }
        if output.json {
            try Terminal.result(json: report)
        } else {
            if let prover = report.prover {
                let sensor = prover.sensor.isEmpty ? "no sensor" : "sensor \(prover.sensor)"
                Terminal.result("prover    \(prover.version), \(sensor), \(prover.enrolments) enrolments")
                if prover.sensors.count > 1 || prover.sensors.contains(where: { $0.fault != nil }) {
                    for sensor in prover.sensors { Terminal.result("sensor    \(sensor.name): \(sensor.words)") }
                }
            }
            for entry in report.lockedOut {
                Terminal.result("          \(entry.subject)'s \(entry.modality) is \(entry.lockOut ?? "")")
            }
            if let verifier = report.verifier {
                Terminal.result("verifier  \(verifier.audience), key \(verifier.verifierKey)")
            }
        }
        for failure in failures.dropLast() {
            Terminal.note(failure.message)
        }
        if let failure = failures.last { throw failure }
    }
}
