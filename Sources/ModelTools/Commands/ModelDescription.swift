import IntegerNetwork
import Models
import Sodium

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
    /// With the quotients that the layers can reach.
    public var tables: [String]
    public var activations: Int
    public var weights: Int
    public var hasPrivateWeights: Bool
    /// Commitments to weights and biases, and entries of each.
    public var parameterRows: Int
    public var rowWidth: Int
    /// The block that a proof at `head` starts from, 0 if there is none.
    public var headStart: Int
    public var multiplications: Int
    public var layers: [Layer]

    public init(_ model: PublishedModel) {
        let network = model.description
        let weights = network.layers.indices.map { layer in
            network.layers[layer].terms.indices.reduce(0) { $0 + network.weightCount(layer: layer, term: $1) }
        }
        name = model.name
        modality = model.modality
        identity = Hexadecimal.encode(model.identity)
        dimension = model.dimension
        inputWidth = network.input.width
        inputHeight = network.input.height
        preprocessing = model.preprocessing
        minimumNorm = model.minimumNorm
        thresholds = model.thresholds
        shift = network.shift
        tables = network.tables.map {
            "\($0.activation), quotients \($0.quotients.lowerBound)...\($0.quotients.upperBound)"
        }
        activations = network.layers.reduce(0) { $0 + $1.output.count }
        self.weights = weights.reduce(0, +)
        hasPrivateWeights = model.hasPrivateWeights
        parameterRows = model.parameterRows.count
        rowWidth = ParameterLayout(network).rowWidth
        headStart = network.headStart
        multiplications = zip(network.layers, weights).reduce(0) { sum, layer in
            sum + layer.1 * layer.0.output.height * layer.0.output.width
        }
        layers = zip(network.layers, weights).map { layer, weights in
            Layer(
                name: layer.name,
                kinds: layer.terms.map(\.kind.description),
                sources: layer.terms.flatMap { $0.sources.map(\.block) },
                kernel: [layer.terms[0].kernelHeight, layer.terms[0].kernelWidth],
                stride: [layer.terms[0].strideY, layer.terms[0].strideX],
                output: [layer.output.channels, layer.output.height, layer.output.width],
                table: network.tables[layer.table].activation.description,
                weights: weights
            )
        }
    }
}
