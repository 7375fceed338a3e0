/// The public description of a model.
public struct ModelDescription: Codable, Sendable {
    public struct Layer: Codable, Sendable {
        public var name: String
        public var kinds: [String]
        public var sources: [Int]
        public var kernel: [Int]
        public var stride: [Int]
        public var output: [Int]
        public var table: String
        public var weights: Int
    }

    public var name: String
    public var modality: String
    /// Hexadecimal.
    public var identity: String
    public var dimension: Int
    public var inputWidth: Int
    public var inputHeight: Int
    public var preprocessing: Preprocessing
    public var minimumNorm: UInt32
    public var thresholds: [MatchThreshold]
    public var shift: Int
    public var tableBits: Int
    public var tables: [String]
    public var activations: Int
    public var weights: Int
    public var multiplications: Int
    public var layers: [Layer]

    public init(_ model: EmbeddingModel) {
        let network = model.network
        self.name = model.name
        self.modality = model.modality
        self.identity = model.identity.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        self.dimension = model.dimension
        self.inputWidth = model.input.width
        self.inputHeight = model.input.height
        self.preprocessing = model.preprocessing
        self.minimumNorm = model.minimumNorm
        self.thresholds = model.thresholds
        self.shift = network.shift
        self.tableBits = network.tableBits
        self.tables = network.tables.map(\.description)
        self.activations = network.activations
        self.weights = network.weights
        self.multiplications = network.multiplications
        self.layers = network.layers.map { layer in
            Layer(
                name: layer.name,
                kinds: layer.terms.map(\.kind.description),
                sources: layer.terms.flatMap { $0.sources.map(\.block) },
                kernel: [layer.terms[0].kernelHeight, layer.terms[0].kernelWidth],
                stride: [layer.terms[0].strideY, layer.terms[0].strideX],
                output: [layer.output.channels, layer.output.height, layer.output.width],
                table: network.tables[layer.table].description,
                weights: layer.terms.reduce(0) { $0 + $1.weights.count }
            )
        }
    }
}

extension ActivationTable: CustomStringConvertible {
    public var description: String {
        switch self {
        case .clip(let lower, let upper):
            "clip(\(lower)...\(upper))"
        case .quadratic(let a, let b, let shift, let lower, let upper):
            "quadratic(\(a) q^2 + \(b) q, >> \(shift), \(lower)...\(upper))"
        }
    }
}

extension LinearTerm.Kind: CustomStringConvertible {
    public var description: String {
        switch self {
        case .convolution: "convolution"
        case .depthwise: "depthwise"
        }
    }
}
