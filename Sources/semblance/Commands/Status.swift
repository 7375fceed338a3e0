import ArgumentParser

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show whether the daemons answer, and what they have.")

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    private struct Report: Codable {
        var prover: ProverClient.Status?
        var verifier: VerifierIdentity?
    }

    func run() async throws {
        var report = Report()
        var failures: [CommandFailure] = []
        do {
            report.prover = try await ProverClient(path: services.prover).status()
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
