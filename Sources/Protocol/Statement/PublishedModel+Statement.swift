import Models

extension PublishedModel {
    /// The block that a proof at this assurance starts from; nil at `match`, which proves no layer, and where the network
    /// cannot be cut for `head`.
    public func startBlock(at assurance: Assurance) -> Int? {
        switch assurance {
        case .match: nil
        case .head: description.headStart > 0 ? description.headStart : nil
        case .full: 0
        }
    }

    /// Whether proofs of both models at this assurance start from the same rows of one image, as input, preprocessing and
    /// row width agree. An upgrade between such models must do so (`docs/protocol.md` section 8).
    public func sharesStart(with other: PublishedModel, at assurance: Assurance) -> Bool {
        assurance == .full && header.preprocessing == other.header.preprocessing
            && description.input == other.description.input
            && ParameterLayout(description).rowWidth == ParameterLayout(other.description).rowWidth
    }

    /// Whether the statement is about this model: identity, dimension and modality.
    package func isModel(of challenge: Challenge) -> Bool {
        identity == challenge.model && dimension == challenge.dimension && modality == challenge.modality.name
    }
}
