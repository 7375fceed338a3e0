import Models

/// A quantised embedding network with everything that fixes what its embeddings mean: the unit of enrolment.
public struct EmbeddingModel: Sendable, Equatable {
    /// Weights and biases included; valid.
    public let network: IntegerNetwork
    /// What provers need: the published model, and what opens its commitments.
    public let provingModel: ProvingModel
    /// 32 secret bytes where the weights are private: the source of the commitments' blinders.
    package let blindingSeed: [UInt8]?

    /// Commits to weights and biases, which takes about a second for a million of them.
    ///
    /// - Parameter blindingSeed: 32 secret bytes, so that the published model hides the weights; nil to publish
    ///   commitments that anyone can check against them.
    public init(
        name: String,
        modality: String,
        network: IntegerNetwork,
        preprocessing: Preprocessing,
        minimumNorm: UInt32,
        thresholds: [MatchThreshold],
        blindingSeed: [UInt8]? = nil
    ) throws(ModelError) {
        try self.init(
            header: ModelHeader(
                name: name,
                modality: modality,
                preprocessing: preprocessing,
                minimumNorm: minimumNorm,
                thresholds: thresholds
            ),
            network: network,
            blindingSeed: blindingSeed
        )
    }

    /// - Parameter parameters: rows of this network under this seed, if they are known.
    package init(
        header: ModelHeader,
        network: IntegerNetwork,
        blindingSeed: [UInt8]?,
        parameters: ParameterRows? = nil
    ) throws(ModelError) {
        guard blindingSeed == nil || blindingSeed?.count == 32 else { throw .invalidBlindingSeed }
        guard network.input.channels == 1 else { throw .invalidInput }
        try header.validate(dimension: network.dimension)
        let rows =
            parameters
            ?? ParameterRows(network.description, parameters: network.parameters, blindingSeed: blindingSeed)
        self.network = network
        self.blindingSeed = blindingSeed
        provingModel = ProvingModel(
            published: try PublishedModel(
                header: header,
                description: network.description,
                hasPrivateWeights: blindingSeed != nil,
                parameterRows: rows.commitments
            ),
            parameters: rows
        )
    }

    /// The model as verifiers know it.
    public var published: PublishedModel { provingModel.published }

    /// 1 to 255 bytes.
    public var name: String { published.name }
    /// "face" or "fingerprint".
    public var modality: String { published.modality }
    /// From a captured frame to the network's input.
    public var preprocessing: Preprocessing { published.preprocessing }
    /// E_min: an embedding e with <e,e> below it matches nothing.
    public var minimumNorm: UInt32 { published.minimumNorm }
    /// Strictly decreasing false-match rates, not decreasing numerators.
    public var thresholds: [MatchThreshold] { published.thresholds }
    /// 32 bytes that name the model.
    public var identity: [UInt8] { published.identity }

    /// d, at most 512.
    public var dimension: Int { network.dimension }

    /// Shape of the network's input; one channel.
    public var input: TensorShape { network.input }

    /// The embedding of a preprocessed image of `input.count` pixels.
    public func embed(input: [UInt8]) throws(ModelError) -> [Int16] {
        try network.embed(input)
    }

    /// Every integer of a run on a preprocessed image of `input.count` pixels: the witness of a network proof.
    public func traceValues(input: [UInt8]) throws(ModelError) -> NetworkTraceValues {
        try network.trace(input)
    }

    /// The same from a block that a proof at `head` or `full` starts from; see ``IntegerNetwork/trace(from:_:)``.
    public func traceValues(from start: Int, _ values: [Int16]) throws(ModelError) -> NetworkTraceValues {
        try network.trace(from: start, values)
    }

    /// The same network with other thresholds, and so another identity.
    public func replacing(minimumNorm: UInt32, thresholds: [MatchThreshold]) throws(ModelError) -> EmbeddingModel {
        var header = published.header
        header.minimumNorm = minimumNorm
        header.thresholds = thresholds
        return try EmbeddingModel(
            header: header,
            network: network,
            blindingSeed: blindingSeed,
            parameters: provingModel.parameters
        )
    }
}
