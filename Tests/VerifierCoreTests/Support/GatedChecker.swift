import Glibc
import Sodium
import Statement
import Synchronization
import VerifierCore

/// A checker whose verifications wait until a test opens the gate.
final class GatedChecker: ProofChecking {
    private struct State {
        var isOpen = false
        var waiting = 0
    }

    let assurances: Set<Assurance> = [.match]
    private let state = Mutex(State())

    var waiting: Int { state.withLock { $0.waiting } }

    func open() { state.withLock { $0.isOpen = true } }

    func close() { state.withLock { $0.isOpen = false } }

    func open(_ envelope: [UInt8]) throws -> any OpenedProof {
        GatedProof(proof: try TestProof(decoding: envelope), checker: self)
    }

    fileprivate func pass() {
        state.withLock { $0.waiting += 1 }
        while !state.withLock({ $0.isOpen }) { usleep(2000) }
        state.withLock { $0.waiting -= 1 }
    }
}

private struct GatedProof: OpenedProof {
    let proof: TestProof
    let checker: GatedChecker

    var challenge: SignedChallenge { proof.challenge }

    func check(verifierKey: VerifyingKey) throws -> CheckedProof {
        checker.pass()
        return try proof.check(verifierKey: verifierKey)
    }
}
