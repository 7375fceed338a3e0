/// A quantised embedding network with everything that fixes what its embeddings mean: the unit of enrolment.
public struct EmbeddingModel: Sendable, Equatable {
    public let name: String
    /// "face" or "fingerprint".
    public let modality: String
    public let network: IntegerNetwork
    public let preprocessing: Preprocessing
    /// E_min: an embedding e with <e,e> below it matches nothing.
    public let minimumNorm: UInt32
    /// Strictly decreasing false-match rates, not decreasing numerators.
    public let thresholds: [MatchThreshold]
    /// 32 bytes that name the model; see ``computeIdentity(ofBody:)``.
    public let identity: [UInt8]

    public init(
        name: String,
        modality: String,
        network: IntegerNetwork,
        preprocessing: Preprocessing,
        minimumNorm: UInt32,
        thresholds: [MatchThreshold]
    ) throws(ModelError) {
        guard !name.isEmpty, name.utf8.count <= NetworkLimits.nameBytes, Self.modalities.contains(modality) else {
            throw .invalidText
        }
        guard network.input.channels == 1 else { throw .invalidInput }
        try preprocessing.validate()
        guard minimumNorm >= 1, Int(minimumNorm) <= network.dimension * 127 * 127 else { throw .invalidThresholds }
        guard thresholds.count <= 16,
            thresholds.allSatisfy({
                $0.fmr.isFinite && $0.fmr >= 0 && $0.fmr < 1 && $0.fmr.sign == .plus && $0.numerator > 0
            }),
            zip(thresholds, thresholds.dropFirst()).allSatisfy({ $0.fmr > $1.fmr && $0.numerator <= $1.numerator })
        else { throw .invalidThresholds }
        self.name = name
        self.modality = modality
        self.network = network
        self.preprocessing = preprocessing
        self.minimumNorm = minimumNorm
        self.thresholds = thresholds
        self.identity = Self.computeIdentity(
            ofBody: Self.encodeBody(
                name: name,
                modality: modality,
                network: network,
                preprocessing: preprocessing,
                minimumNorm: minimumNorm,
                thresholds: thresholds
            )
        )
    }

    /// The modalities that a model may be for.
    public static let modalities = ["face", "fingerprint"]

    /// d, at most 512.
    public var dimension: Int { self.network.dimension }

    /// Shape of the network's input; one channel.
    public var input: TensorShape { self.network.input }

    /// The network's input for an image: `input.count` pixels.
    public func preprocess(_ image: GrayImage) -> [UInt8] {
        self.preprocessing.apply(to: image, width: self.input.width, height: self.input.height).pixels
    }

    /// The embedding of an image: `dimension` entries in -127...127.
    public func embed(_ image: GrayImage) throws(ModelError) -> [Int16] {
        try self.embed(input: self.preprocess(image))
    }

    /// The embedding of a preprocessed image of `input.count` pixels.
    public func embed(input: [UInt8]) throws(ModelError) -> [Int16] {
        try self.network.embed(input)
    }

    /// The same network with other thresholds, and so another identity.
    public func replacing(minimumNorm: UInt32, thresholds: [MatchThreshold]) throws(ModelError) -> EmbeddingModel {
        try EmbeddingModel(
            name: self.name,
            modality: self.modality,
            network: self.network,
            preprocessing: self.preprocessing,
            minimumNorm: minimumNorm,
            thresholds: thresholds
        )
    }
}
