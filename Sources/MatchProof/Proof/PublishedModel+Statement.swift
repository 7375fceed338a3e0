import NetworkProof

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

    /// Whether the statement is about this model: identity, dimension and modality.
    func isModel(of challenge: Challenge) -> Bool {
        identity == challenge.model && dimension == challenge.dimension && modality == challenge.modality.name
    }
}
