import ArgumentParser
import Foundation
import ServiceClients

struct BenchLogin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in again and again with the daemons that run here, and say how long each stage takes.",
        discussion: """
            Medians and 95th percentiles over logins that succeeded, as a client sees them. Capture ends when the sample is taken and             matches, so it has the waiting for the person in it; with a sensor of image files --show puts the picture there when it             is asked for. After twenty logins the prover grants one in three seconds: longer runs wait.
            """
    )

    @OptionGroup var services: ServiceOptions
    @Option(help: ArgumentHelp("The account; yours unless named.", valueName: "name"), completion: .accounts)
    var user: String?
    @Option(help: "face or fingerprint; either if left out.", completion: .modalities)
    var modality: String?
    @Option(help: "Logins that are counted, after one to warm up.")
    var count = 20
    @Option(help: ArgumentHelp("Put this picture into the tray when one is asked for.", valueName: "file"))
    var show: String?
    @Option(help: ArgumentHelp("The tray of the sensor of image files.", valueName: "folder"))
    var tray = "/run/semblance-tray"
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try SubjectOptions.check(user: user, modality: modality, label: nil)
        guard (1...1000).contains(count) else { throw ValidationError("--count must be 1 to 1000.") }
    }

    /// What `--json` prints, in milliseconds.
    private struct Report: Codable {
        struct Span: Codable {
            let median: Double
            let percentile95: Double

            init(_ values: [Double]) {
                let sorted = values.sorted()
                median = sorted[sorted.count / 2]
                percentile95 = sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
            }
        }

        let logins: Int
        /// libsodium's crypto_scalarmult_ristretto255, in this run.
        let referenceMicroseconds: Double
        let proofByteCount: Int
        let challenge, capture, prove, verify, total: Span

        init(_ times: [Login.Times], proofByteCount: Int, reference: Double) {
            logins = times.count
            referenceMicroseconds = reference * 1e6
            self.proofByteCount = proofByteCount
            challenge = Span(times.map(\.challenge))
            capture = Span(times.map(\.capture))
            prove = Span(times.map(\.prove))
            verify = Span(times.map(\.verify))
            total = Span(times.map(\.total))
        }
    }

    func run() async throws {
        let verifier = try await VerifierClients.connect(to: services.verifier)
        let login = Login(
            verifier: verifier,
            prover: try await ProverClient(path: services.prover),
            subject: try user ?? Account.current(),
            purpose: "semblance bench",
            modality: modality
        )
        let look = try show.map { try TrayLook(picture: $0, tray: tray) }
        var (times, size): ([Login.Times], Int) = ([], 0)
        while times.count <= count {
            do {
                let outcome = try await login.run(onCapture: { look?.show() })
                times.append(outcome.times)
                size = outcome.proofByteCount
            } catch let failure as CommandFailure where failure.isTooSoon {
                try await Task.sleep(for: .seconds(3))
            }
        }
        let reference = try SodiumReference.scalarMultiplication(Stopwatch(repetitions: 9))
        let report = Report(Array(times.dropFirst()), proofByteCount: size, reference: reference)
        if output.json { return try Terminal.result(json: report) }
        Terminal.result(
            "\(report.logins) logins, proofs of \(size) bytes; median, 95th percentile, and the median in libsodium's scalar "
                + "multiplications of \(report.referenceMicroseconds.formatted(1)) us"
        )
        for (name, span) in [
            ("challenge", report.challenge), ("capture", report.capture), ("prove", report.prove),
            ("verify", report.verify), ("total", report.total),
        ] {
            let figures = [span.median, span.percentile95].map {
                let text = $0.formatted(1)
                return String(repeating: " ", count: max(0, 9 - text.count)) + text
            }
            let ratio = (span.median * 1000 / report.referenceMicroseconds).formatted(0)
            Terminal.result(
                name.padding(toLength: 10, withPad: " ", startingAt: 0) + figures.joined() + " ms  \(ratio) x"
            )
        }
    }
}

/// A picture that is put into a tray, each time as one that was not there before.
private final class TrayLook: Sendable {
    private let picture: Data
    private let path: String

    init(picture: String, tray: String) throws {
        guard let data = FileManager.default.contents(atPath: picture) else {
            throw CommandFailure(.badInput, "cannot read \(picture)")
        }
        self.picture = data
        path = "\(tray)/bench-login.\(URL(filePath: picture).pathExtension)"
        guard show() else {
            throw CommandFailure(.badInput, "cannot write to \(tray)", hint: "is it the sensor's tray?")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func show() -> Bool {
        (try? picture.write(to: URL(filePath: path), options: .atomic)) != nil
    }
}
