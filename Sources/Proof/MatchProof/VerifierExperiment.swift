import Multilinear

/// Ways in which tests break a verifier, to show that each part is needed. Outside test builds it does nothing.
struct VerifierExperiment {
    #if SEMBLANCE_TESTING
        var transcript: (inout ProofTranscript) -> Void = { _ in }
        var initialConstraints = ConstraintList()

        func modifyTranscript(_ value: inout ProofTranscript) { transcript(&value) }
        var constraints: ConstraintList { initialConstraints }
    #else
        func modifyTranscript(_ value: inout ProofTranscript) {}
        var constraints: ConstraintList { ConstraintList() }
    #endif
}
