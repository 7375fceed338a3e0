import Statement
import VerifierCore

/// Opens ``TestProof``s.
struct TestChecker: ProofChecking {
    let assurances: Set<Assurance> = [.match, .full]

    func open(_ envelope: [UInt8]) throws -> any OpenedProof {
        try TestProof(decoding: envelope)
    }
}
