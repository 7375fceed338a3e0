import Multilinear
import Ristretto255
import Sodium

/// Ways in which tests make a prover dishonest. Outside test builds it holds nothing and does nothing.
struct ProverExperiment {
    #if SEMBLANCE_TESTING
        /// Stands in for the operating system's generator.
        var system: any RandomNumberGenerator = SystemRandom()
        var transcript: (inout ProofTranscript) -> Void = { _ in }
        var newTemplate: (CompressedRistretto?) -> CompressedRistretto? = { $0 }
        var wires: (inout WireAssignment) -> Void = { _ in }
        /// The lookup's trees, with alpha and beta.
        var trees: (inout [FractionTree], Scalar, Scalar) -> Void = { _, _, _ in }
        /// The rows that the opening is made from.
        var matrix: (inout CommittedMatrix) -> Void = { _ in }
        /// The messages, once every challenge up to the closing argument is known.
        var messages: (inout ProverChannel, OpeningProof, WireAssignment) throws -> Void = { _, _, _ in }
        var reblindingCommitment: (CompressedRistretto) -> CompressedRistretto = { $0 }
        var initialConstraints = ConstraintList()
        var inspection: (ConstraintList, WireAssignment) -> Void = { _, _ in }

        func modifyTranscript(_ value: inout ProofTranscript) { transcript(&value) }
        func modifyNewTemplate(_ value: CompressedRistretto?) -> CompressedRistretto? { newTemplate(value) }
        func modifyWires(_ value: inout WireAssignment) { wires(&value) }
        func modifyTrees(_ value: inout [FractionTree], alpha: Scalar, beta: Scalar) { trees(&value, alpha, beta) }
        func modifyMatrix(_ value: inout CommittedMatrix) { matrix(&value) }
        func modifyMessages(_ channel: inout ProverChannel, _ opening: OpeningProof, _ wires: WireAssignment) throws {
            try messages(&channel, opening, wires)
        }
        func modifyReblinding(_ value: CompressedRistretto) -> CompressedRistretto { reblindingCommitment(value) }
        var constraints: ConstraintList { initialConstraints }
        func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) { inspection(constraints, wires) }
    #else
        var system: SystemRandom { SystemRandom() }

        func modifyTranscript(_ value: inout ProofTranscript) {}
        func modifyNewTemplate(_ value: CompressedRistretto?) -> CompressedRistretto? { value }
        func modifyWires(_ value: inout WireAssignment) {}
        func modifyTrees(_ value: inout [FractionTree], alpha: Scalar, beta: Scalar) {}
        func modifyMatrix(_ value: inout CommittedMatrix) {}
        func modifyMessages(_ channel: inout ProverChannel, _ opening: OpeningProof, _ wires: WireAssignment) throws {}
        func modifyReblinding(_ value: CompressedRistretto) -> CompressedRistretto { value }
        var constraints: ConstraintList { ConstraintList() }
        func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) {}
    #endif
}
