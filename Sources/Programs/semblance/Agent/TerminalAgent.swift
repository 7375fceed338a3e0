import ArgumentParser
import Foundation
import Interfaces
import ServiceSupport
import Synchronization
import Varlink

/// Attends as a confirmation agent and asks the questions of semblanced on this terminal, one after the other.
final class TerminalAgent: Sendable {
    private let path: String
    private let isMine: @Sendable (ConsentQuestion) -> Bool
    private let terminal = TerminalQuestion()
    private let withdrawn = Mutex<Set<String>>([])

    /// - Parameters:
    ///   - path: semblanced's socket.
    ///   - isMine: which questions are asked here.
    init(path: String, isMine: @escaping @Sendable (ConsentQuestion) -> Bool = { _ in true }) {
        self.path = path
        self.isMine = isMine
    }

    /// Attends until cancelled or semblanced hangs up.
    ///
    /// - Parameter onAttending: called once the agent is known.
    func run(onAttending: @escaping @Sendable () -> Void = {}) async throws {
        let client = try await connect()
        let (questions, sink) = AsyncStream.makeStream(of: ConsentQuestion.self, bufferingPolicy: .bufferingNewest(16))
        let asking = Task { for await question in questions { await self.answer(question) } }
        defer {
            sink.finish()
            asking.cancel()
        }
        do {
            _ = try await client.call(VarlinkInterface.agent.name + ".Attend", timeout: .seconds(86400 * 365)) {
                reply in
                guard let question = ConsentQuestion(reply) else { return onAttending() }
                if question.seconds == 0 {
                    self.withdrawn.withLock { _ = $0.insert(question.id) }
                } else if self.isMine(question) {
                    sink.yield(question)
                }
            }
        } catch {
            throw CommandFailure(error, service: "semblanced", path: path)
        }
        throw CommandFailure(.unavailable, "semblanced has stopped", hint: "start the agent again when it runs")
    }

    private func answer(_ question: ConsentQuestion) async {
        let allow = await withCheckedContinuation { continuation in
            // Waiting for a key blocks a thread; it is one of its own.
            Thread.detachNewThread { [self] in
                let answer = terminal.ask(question.lines, seconds: question.seconds) {
                    withdrawn.withLock { $0.contains(question.id) }
                }
                continuation.resume(returning: answer == .allowed)
            }
        }
        guard withdrawn.withLock({ $0.remove(question.id) }) == nil, let client = try? await connect() else { return }
        _ = try? await client.call(
            VarlinkInterface.agent.name + ".Answer",
            ["id": .string(question.id), "allow": .bool(allow)]
        )
        await client.close()
    }

    private func connect() async throws -> VarlinkClient {
        do {
            return try await VarlinkClient.connect(
                to: path,
                trusted: Set([UserName.uid(ofAccount: "semblance")].compactMap { $0 })
            )
        } catch {
            throw CommandFailure(error, service: "semblanced", path: path)
        }
    }
}

extension TerminalAgent {
    /// Runs `body` with an agent for the questions that this process causes.
    static func attending<Result: Sendable>(
        prover path: String,
        during body: () async throws -> Result
    ) async throws -> Result {
        let agent = TerminalAgent(path: path) { $0.isAsked(by: getpid()) }
        let (attending, sink) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            // What keeps the agent away, the call itself will meet as well, and say so.
            try? await agent.run { sink.finish() }
            sink.finish()
        }
        defer { task.cancel() }
        for await _ in attending {}
        return try await body()
    }
}

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
