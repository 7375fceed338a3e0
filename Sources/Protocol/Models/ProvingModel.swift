/// A model as a prover knows it.
public struct ProvingModel: Equatable, Sendable {
    /// What the verifier has of it.
    public let published: PublishedModel
    /// Open the parameter rows of ``published``.
    public let parameters: ParameterRows

    /// - Precondition: `parameters` are the rows that `published` commits to.
    package init(published: PublishedModel, parameters: ParameterRows) {
        self.published = published
        self.parameters = parameters
    }
}

/// The secret or public part of a quantised network: its weights and biases.
public struct NetworkParameters: Sendable {
    /// `weights[layer][term]`: [o][c][i][j] of the real dimensions, depthwise [c][i][j].
    public var weights: [[[Int32]]]
    /// `biases[layer]`: one per output channel.
    public var biases: [[Int32]]

    public init(weights: [[[Int32]]], biases: [[Int32]]) {
        self.weights = weights
        self.biases = biases
    }
}

/// All integers of one run of a network: what a proof is made from. Secret.
public struct NetworkTraceValues: Sendable {
    /// Blocks 0 (the input) to the layer count.
    public var blocks: [[Int16]]
    /// acc of each layer.
    public var accumulators: [[Int32]]

    public init(blocks: [[Int16]], accumulators: [[Int32]]) {
        self.blocks = blocks
        self.accumulators = accumulators
    }
}
