import Dispatch
import Interfaces
import Sodium
import Synchronization

/// Verifies proofs on threads of their own, so that verification neither starves the service nor lets a peer occupy the whole
/// machine.
///
/// Proofs that came while all workers were busy are verified together by the first that is free: one multiplication for all
/// is a fraction of one for each. Nobody waits for a batch to fill, and what is said of a proof does not depend on the others
/// in its batch.
final class VerificationPool: Sendable {
    typealias Outcome = Result<CheckedProof, any Error>

    /// A false proof costs its batch some more multiplications: at most three times what each would have cost alone.
    static let batchLimit = 32

    private struct Job: Sendable {
        let proof: any OpenedProof
        /// Nil for one that has no place.
        let answer: CheckedContinuation<Outcome?, Never>
    }

    private struct State {
        var running = 0
        var waiting: [Job] = []
    }

    private let workers: Int
    private let queueLimit: Int
    private let check: @Sendable ([any OpenedProof]) -> [Outcome]
    private let state = Mutex(State())
    private let threads = DispatchQueue(label: "semblance.verification", attributes: .concurrent)

    /// - Parameters:
    ///   - workers: batches verified at the same time, at least 1.
    ///   - queueLimit: proofs that may wait.
    ///   - check: one outcome for each proof, in order.
    init(workers: Int, queueLimit: Int, check: @escaping @Sendable ([any OpenedProof]) -> [Outcome]) {
        self.workers = max(1, workers)
        self.queueLimit = queueLimit
        self.check = check
    }

    /// How many proofs wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Verifies the proof when its turn comes.
    ///
    /// - Throws: ``VerifierError/busy`` at once if too many wait already.
    func verify(_ proof: any OpenedProof) async throws(VerifierError) -> Outcome {
        let outcome = await withCheckedContinuation { enter(Job(proof: proof, answer: $0)) }
        guard let outcome else { throw .busy }
        return outcome
    }

    private enum Entry {
        case starts
        case waits
        case hasNoPlace
    }

    private func enter(_ job: Job) {
        let entry = state.withLock { state -> Entry in
            if state.running < workers {
                state.running += 1
                return .starts
            }
            guard state.waiting.count < queueLimit else { return .hasNoPlace }
            state.waiting.append(job)
            return .waits
        }
        switch entry {
        case .starts: threads.async { self.work(from: job) }
        case .waits: break
        case .hasNoPlace: job.answer.resume(returning: nil)
        }
    }

    /// A worker's life: its first proof, then what waits, until nothing does.
    private func work(from first: Job) {
        var batch = [first]
        while !batch.isEmpty {
            let outcomes = check(batch.map(\.proof))
            precondition(outcomes.count == batch.count, "an outcome for each proof")
            for (job, outcome) in zip(batch, outcomes) { job.answer.resume(returning: outcome) }
            batch = state.withLock { state in
                // A share only: the other workers take theirs, and a false proof holds up fewer.
                let share = (state.waiting.count + workers - 1) / workers
                let next = Array(state.waiting.prefix(min(share, Self.batchLimit)))
                state.waiting.removeFirst(next.count)
                if next.isEmpty { state.running -= 1 }
                return next
            }
        }
    }
}
