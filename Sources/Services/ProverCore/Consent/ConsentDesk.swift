import Encoding
import Sodium
import Synchronization
import Varlink

/// The confirmation agents that attend, and the questions that wait for an answer.
///
/// A question goes to all agents of the subject and of root who are present; the first answer is the answer.
final class ConsentDesk: Sendable {
    struct Limits: Sendable {
        var agentsPerUser = 4
        var agents = 64
        /// Of one subject, at a time.
        var questionsPerSubject = 4
        /// How long a question waits, in seconds.
        var seconds = 60
    }

    enum Answer: Sendable, Equatable {
        case allowed
        case refused
        /// No agent is left.
        case unattended
        case cancelled
    }

    struct Agent: Sendable {
        let caller: PeerCredentials
        let send: @Sendable ([String: JSON]) -> Void
        /// Ends its attendance.
        var dismiss: @Sendable () -> Void = {}
    }

    private struct Pending {
        let subject: UInt32
        /// The uid of the process that asks for the proof.
        let asker: UInt32
        var agents: Set<UInt64>
        /// Nil until somebody waits for the answer.
        var continuation: CheckedContinuation<Answer, Never>?
        var answer: Answer?
    }

    private struct State {
        var agents: [UInt64: Agent] = [:]
        var pending: [String: Pending] = [:]
        var nextNumber: UInt64 = 0
    }

    let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: Agents

    /// Nil if there are too many.
    func add(_ agent: Agent) -> UInt64? {
        state.withLock { state in
            let ofUser = state.agents.values.count { $0.caller.uid == agent.caller.uid }
            guard state.agents.count < limits.agents, ofUser < limits.agentsPerUser else { return nil }
            state.nextNumber += 1
            state.agents[state.nextNumber] = agent
            return state.nextNumber
        }
    }

    /// Questions that only this agent was asked wait no longer.
    func remove(_ number: UInt64) {
        let wakes = state.withLock { state in
            state.agents[number] = nil
            var wakes: [Wake] = []
            for (id, pending) in state.pending where pending.agents.contains(number) {
                state.pending[id]?.agents.remove(number)
                if pending.agents.count == 1, let wake = Self.settle(&state, id, .unattended) { wakes.append(wake) }
            }
            return wakes
        }
        for wake in wakes { wake() }
    }

    /// Whether that process is an agent itself.
    func isAttended(by caller: PeerCredentials) -> Bool {
        state.withLock { state in
            state.agents.values.contains { $0.caller.uid == caller.uid && $0.caller.pid == caller.pid }
        }
    }

    /// Sends all agents home.
    func close() {
        for agent in state.withLock({ Array($0.agents.values) }) { agent.dismiss() }
    }

    /// Whether a question with that identifier waited for this caller's answer.
    func answer(_ id: String, by caller: UInt32, allow: Bool) -> Bool {
        let (isHeard, wake) = state.withLock { state -> (Bool, Wake?) in
            guard let pending = state.pending[id], caller == 0 || caller == pending.subject, pending.answer == nil
            else { return (false, nil) }
            return (true, Self.settle(&state, id, allow ? .allowed : .refused))
        }
        wake?()
        return isHeard
    }

    // MARK: Questions

    /// Asks the agents and waits for the first answer, at most ``Limits/seconds``; silence is a refusal.
    ///
    /// - Parameters:
    ///   - subject: the uid whose agents are asked.
    ///   - asker: the uid of the process that asks for the proof. What others than the subject ask, through a helper of
    ///     root's, leaves him a place.
    ///   - isPresent: whether an agent sits in front of the sensor.
    /// - Returns: nil if too many questions about the subject wait already.
    func ask(
        _ question: ConsentQuestion,
        subject: UInt32,
        asker: UInt32,
        isPresent: (PeerCredentials) -> Bool
    ) async -> Answer? {
        let attending = state.withLock { state in
            state.agents.filter { $0.value.caller.uid == subject || $0.value.caller.uid == 0 }
        }.filter { isPresent($0.value.caller) }
        guard !attending.isEmpty else { return .unattended }
        let id = Hexadecimal.encode(SecureRandom.bytes(16))
        let isAdmitted = state.withLock { state in
            let waiting = state.pending.values.filter { $0.subject == subject }
            let ofOthers = waiting.count { $0.asker != subject }
            guard waiting.count < limits.questionsPerSubject,
                asker == subject || ofOthers < limits.questionsPerSubject - 1
            else { return false }
            state.pending[id] = Pending(subject: subject, asker: asker, agents: Set(attending.keys))
            // Who has gone since can answer no more.
            for number in attending.keys where state.agents[number] == nil {
                state.pending[id]?.agents.remove(number)
            }
            if state.pending[id]?.agents.isEmpty ?? true {
                // Nobody waits for it yet.
                _ = Self.settle(&state, id, .unattended)
            }
            return true
        }
        guard isAdmitted else { return nil }
        for agent in attending.values { agent.send(question.message(id: id, seconds: limits.seconds)) }
        let answer = await answer(to: id)
        state.withLock { $0.pending[id] = nil }
        // Agents that still show the question take it down.
        for agent in attending.values { agent.send(["id": .string(id), "seconds": 0]) }
        return answer
    }

    private func answer(to id: String) async -> Answer {
        let timer = Task { [limits] in
            do { try await Task.sleep(for: .seconds(limits.seconds)) } catch { return }
            settle(id, .refused)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let wake = state.withLock { state -> Wake? in
                    state.pending[id]?.continuation = continuation
                    guard let answer = state.pending[id]?.answer else { return nil }
                    return Self.settle(&state, id, answer)
                }
                wake?()
                // A cancellation that came before found nobody to wake.
                if Task.isCancelled { settle(id, .cancelled) }
            }
        } onCancel: {
            settle(id, .cancelled)
        }
    }

    private func settle(_ id: String, _ answer: Answer) {
        let wake = state.withLock { Self.settle(&$0, id, answer) }
        wake?()
    }

    /// Wakes who waits for an answer, once the lock has been let go: a cancellation holds the task's own lock while its handler
    /// waits for ours, and waking takes the two the other way round (`withTaskCancellationHandler`, "Cancellation handlers and
    /// locks").
    private typealias Wake = @Sendable () -> Void

    /// Keeps the first answer.
    private static func settle(_ state: inout State, _ id: String, _ answer: Answer) -> Wake? {
        guard var pending = state.pending[id] else { return nil }
        pending.answer = pending.answer ?? answer
        let waiting = pending.continuation
        if waiting != nil { pending.continuation = nil }
        state.pending[id] = pending
        guard let waiting else { return nil }
        let first = pending.answer ?? answer
        return { waiting.resume(returning: first) }
    }
}
