import Multilinear

/// Ways in which tests make a prover dishonest. Outside test builds it holds nothing and does nothing.
struct ProverExperiment {
    #if SEMBLANCE_TESTING
    var transcript: (inout ProofTranscript) -> Void = { _ in }
    var wires: (inout WireAssignment) -> Void = { _ in }
    var initialConstraints = ConstraintList()
    var inspection: (ConstraintList, WireAssignment) -> Void = { _, _ in }

    func modifyTranscript(_ value: inout ProofTranscript) { transcript(&value) }
    func modifyWires(_ value: inout WireAssignment) { wires(&value) }
    var constraints: ConstraintList { initialConstraints }
    func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) { inspection(constraints, wires) }
    #else
    func modifyTranscript(_ value: inout ProofTranscript) {}
    func modifyWires(_ value: inout WireAssignment) {}
    var constraints: ConstraintList { ConstraintList() }
    func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) {}
    #endif
}
