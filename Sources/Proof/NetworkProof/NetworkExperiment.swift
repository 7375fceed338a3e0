import Multilinear
import Ristretto255
import Sodium

/// Ways in which tests make a network prover dishonest or a verifier careless. Outside test builds it holds nothing and
/// does nothing.
package struct NetworkExperiment {
    #if SEMBLANCE_TESTING
        /// Stands in for the operating system's generator.
        package var system: any RandomNumberGenerator = SystemRandom()
        package var transcript: (inout ProofTranscript) -> Void = { _ in }
        package var wires: (inout WireAssignment) -> Void = { _ in }
        /// What the messages are masked with instead of the wires.
        package var pads: (WireAssignment) -> WireAssignment = { $0 }
        /// The lookup's trees, with alpha and beta.
        package var trees: (inout [any FractionLevels], Scalar, Scalar) -> Void = { _, _, _ in }
        /// The rows that the opening is made from.
        package var matrix: (inout SmallMatrix) -> Void = { _ in }
        /// The messages, once every challenge up to the closing argument is known.
        package var messages: (inout ProverChannel, OpeningProof, WireAssignment) throws -> Void = { _, _, _ in }
        package var initialConstraints = ConstraintList()
        package var inspection: (ConstraintList, WireAssignment) -> Void = { _, _ in }

        package init() {}

        func modifyTranscript(_ value: inout ProofTranscript) { transcript(&value) }
        func modifyWires(_ value: inout WireAssignment) { wires(&value) }
        func masks(_ wires: WireAssignment) -> WireAssignment { pads(wires) }
        func modifyTrees(_ value: inout [any FractionLevels], alpha: Scalar, beta: Scalar) {
            trees(&value, alpha, beta)
        }
        func modifyMatrix(_ value: inout SmallMatrix) { matrix(&value) }
        func modifyMessages(_ channel: inout ProverChannel, _ opening: OpeningProof, _ wires: WireAssignment) throws {
            try messages(&channel, opening, wires)
        }
        var constraints: ConstraintList { initialConstraints }
        func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) { inspection(constraints, wires) }
    #else
        package init() {}

        var system: SystemRandom { SystemRandom() }

        func modifyTranscript(_ value: inout ProofTranscript) {}
        func modifyWires(_ value: inout WireAssignment) {}
        func masks(_ wires: WireAssignment) -> WireAssignment { wires }
        func modifyTrees(_ value: inout [any FractionLevels], alpha: Scalar, beta: Scalar) {}
        func modifyMatrix(_ value: inout SmallMatrix) {}
        func modifyMessages(_ channel: inout ProverChannel, _ opening: OpeningProof, _ wires: WireAssignment) throws {}
        var constraints: ConstraintList { ConstraintList() }
        func inspect(_ constraints: ConstraintList, _ wires: WireAssignment) {}
    #endif
}
