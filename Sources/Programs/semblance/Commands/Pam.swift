import ArgumentParser

struct Pam: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pam",
        abstract: "Have logins ask for face or finger, or no longer.",
        discussion: """
            Without --service it is about every service that includes common-auth, by pam-auth-update(8); with it, about that \
            service's own file in /etc/pam.d. Changes are shown first and made after a yes. A stack that is not understood is left \
            alone: after each change a wrong password must still be refused, and the right one be enough.
            """,
        subcommands: [PamStatus.self, PamEnable.self, PamDisable.self]
    )
}

/// What the three have in common.
struct PamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only this service, for example sudo.", valueName: "name"),
        completion: .services
    )
    var service: String?
    @Option(help: ArgumentHelp("A system's files lie below this directory.", visibility: .hidden))
    var root = "/"
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard service.map({ !$0.isEmpty && !$0.contains("/") }) ?? true else {
            throw ValidationError("--service is the name of a file in /etc/pam.d.")
        }
        guard root.hasPrefix("/") else { throw ValidationError("--root is an absolute path.") }
    }
}

/// What both changes have in common.
struct PamChangeOptions: ParsableArguments {
    @Flag(help: "Show the change, and make none.")
    var dryRun = false
    @Flag(help: "Make the change without asking.")
    var yes = false
}

struct PamStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Which services ask for face or finger, and for the password behind it.",
        discussion:
            "With --service it exits with 0 if that service asks, with 1 if not, with 8 if its stack is not understood."
    )

    @OptionGroup var options: PamOptions

    func run() async throws {
        let system = PamSystem(options)
        let reports = try options.service.map { [try system.report(of: $0)] } ?? system.reports()
        if options.output.json {
            try Terminal.result(json: reports)
        } else {
            let width = reports.map(\.service.count).max() ?? 0
            for report in reports {
                let name = report.service.padding(toLength: width, withPad: " ", startingAt: 0)
                Terminal.result("\(name)  \(report.words)")
            }
        }
        guard options.service != nil, let report = reports.first else { return }
        if report.trouble != nil, !report.asks { throw ExitCode(ExitStatus.badInput.rawValue) }
        if !report.asks { throw ExitCode(ExitStatus.refused.rawValue) }
    }
}

struct PamEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Have logins ask for face or finger before the password. For root.",
        discussion:
            "Does nothing where they do already. Keep a root shell open until a login in another window has worked."
    )

    @OptionGroup var options: PamOptions
    @OptionGroup var change: PamChangeOptions

    func run() async throws { try PamChange(options, change, enables: true).run() }
}

struct PamDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Have logins ask for the password only. For root.",
        discussion: "Does nothing where they do already. A line that demands face or finger besides the password stays."
    )

    @OptionGroup var options: PamOptions
    @OptionGroup var change: PamChangeOptions

    func run() async throws { try PamChange(options, change, enables: false).run() }
}
