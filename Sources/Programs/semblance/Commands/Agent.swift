import ArgumentParser

struct Agent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask on this terminal before a remote verifier gets a proof of you.",
        discussion: """
            Attends until it is stopped, and shows each question of semblanced: which site asks, for what, and which \
            finger or face it wants. Enter allows it; anything else, and silence, refuses. Programs without a terminal \
            of their own need an agent. It has to run in an active local session; root's is asked about everybody.
            """
    )

    @Option(help: ArgumentHelp("Socket of semblanced.", valueName: "path"))
    var prover = "/run/semblance/prover"

    func run() async throws {
        guard TerminalQuestion().canAsk else {
            throw CommandFailure(.failure, "there is no terminal to ask on", hint: "run it in the foreground of one")
        }
        try await TerminalAgent(path: prover).run()
    }
}
