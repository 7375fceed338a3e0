import Multilinear

/// Why no proof was made. None of the cases tells how far off a sample was.
public enum ProverError: Error, Equatable, Sendable {
    /// The samples do not meet the statement: not the same person, or no usable embedding.
    case noMatch
    /// The challenge asks for an assurance level that this prover does not offer.
    case unsupportedAssurance
    /// The number of samples or their dimension is not what the challenge asks for.
    case wrongSamples
    /// The model is missing or not the challenge's, or a sample has no run of it.
    case wrongModel
    /// The template opening is missing, superfluous, or not an opening of the challenge's commitment.
    case wrongTemplate
    /// A degenerate challenge (probability about 2^-240); try again.
    case interrupted(ArgumentError)
    /// The prover is at fault, and why: for its own log.
    case internalFault(String)

    init(_ error: ArgumentError) {
        self = error.isChance ? .interrupted(error) : .internalFault("\(error)")
    }
}

extension ProverError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noMatch: "no match"
        case .unsupportedAssurance: "the challenge asks for an assurance that this prover does not offer"
        case .wrongSamples: "the samples are not those that the challenge asks for"
        case .wrongModel: "the model is missing, or not the one that the challenge names"
        case .wrongTemplate: "the template is not the one that the challenge names"
        case .interrupted(let cause): "the proof could not be completed, as \(cause); try again"
        case .internalFault(let cause): "the prover is at fault: \(cause)"
        }
    }
}
