/// A model as a prover knows it.
public struct ProvingModel: Equatable, Sendable {
    public let published: PublishedModel
    /// Open the parameter rows of ``published``.
    public let parameters: ParameterRows

    package init(published: PublishedModel, parameters: ParameterRows) {
        self.published = published
        self.parameters = parameters
    }
}
