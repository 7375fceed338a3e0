/// Every transcript label of the match and network proofs; the closing argument's own labels are dalek's (`Bulletproofs`).
///
/// One file owns all domain separation, so that two messages can never share a label by accident. The order in which
/// the labels occur is `docs/protocol.md` sections 5 and 7.
public enum ProofLabel: String, CaseIterable, Sendable {
    // Message 0: the statement.
    case suite
    case challenge
    case attestation
    case newTemplate
    case network
    case part
    case model
    case sample
    case row

    // Messages 1 to 3: logup.
    case alpha
    case beta
    case root
    case treeBatch
    case treeRound
    case treeRoundChallenge
    case treeLeaf
    case treeMerge

    // Message 5: layers.
    case layerValue
    case layerRound
    case layerRoundChallenge
    case layerFactor

    // Message 6: match.
    case matchBatch
    case matchRound
    case matchRoundChallenge
    case matchEvaluation

    // Message 7: opening.
    case openingBatch
    case openingRound
    case openingRoundChallenge
    case maskCommitment
    case maskChallenge
    case maskedValue
    case maskedBlinder
    case innerProductBase
    case foldLeft
    case foldRight
    case foldChallenge
    case foldedVector

    // Re-blinding.
    case reblindCommitment
    case reblindChallenge
    case reblindResponse

    /// As the transcript sees it: part of the protocol.
    package var merlin: StaticString {
        switch self {
        case .suite: "suite"
        case .challenge: "challenge"
        case .attestation: "attestation"
        case .newTemplate: "new template"
        case .network: "network"
        case .part: "part"
        case .model: "model"
        case .sample: "sample"
        case .row: "row"
        case .alpha: "alpha"
        case .beta: "beta"
        case .root: "root"
        case .treeBatch: "lambda"
        case .treeRound: "tree round"
        case .treeRoundChallenge: "rho"
        case .treeLeaf: "tree leaf"
        case .treeMerge: "tau"
        case .layerValue: "layer value"
        case .layerRound: "layer round"
        case .layerRoundChallenge: "layer rho"
        case .layerFactor: "layer factor"
        case .matchBatch: "mu"
        case .matchRound: "match round"
        case .matchRoundChallenge: "match rho"
        case .matchEvaluation: "match evaluation"
        case .openingBatch: "gamma"
        case .openingRound: "opening round"
        case .openingRoundChallenge: "opening rho"
        case .maskCommitment: "D"
        case .maskChallenge: "k"
        case .maskedValue: "s"
        case .maskedBlinder: "omega"
        case .innerProductBase: "U"
        case .foldLeft: "fold L"
        case .foldRight: "fold R"
        case .foldChallenge: "fold"
        case .foldedVector: "folded vector"
        case .reblindCommitment: "reblind A"
        case .reblindChallenge: "reblind c"
        case .reblindResponse: "reblind z"
        }
    }
}
