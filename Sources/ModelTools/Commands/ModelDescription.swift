import IntegerNetwork
import Models
import Sodium

/// The public description of a model.
public struct ModelDescription: Codable, Sendable {
    /// One layer, without its weights.
    public struct Layer: Codable, Sendable {
        /// That of the imported graph's node.
        public var name: String
        /// `convolution` or `depthwise`, one for each term.
        public var kinds: [String]
        /// The blocks that its terms read, term by term: 0 is the input, i the output of layer i - 1.
        public var sources: [Int]
        /// Height and width, of the first term.
        public var kernel: [Int]
        /// By rows and by columns, of the first term.
        public var stride: [Int]
        /// Channels, height and width.
        public var output: [Int]
        /// The activation, as `ActivationTable` describes itself.
        public var table: String
        /// Of all terms, biases not counted.
        public var weights: Int
    }

    /// 1 to 255 bytes.
    public var name: String
    /// "face" or "fingerprint".
    public var modality: String
    /// Hexadecimal.
    public var identity: String
    /// d.
    public var dimension: Int
    /// In pixels, as `inputHeight`.
    public var inputWidth: Int
    /// In pixels.
    public var inputHeight: Int
    /// From a captured frame to the network's input.
    public var preprocessing: Preprocessing
    /// E_min.
    public var minimumNorm: UInt32
    /// By falling false-match rate.
    public var thresholds: [MatchThreshold]
    /// s: accumulators are divided by 2^s.
    public var shift: Int
    /// With the quotients that the layers can reach.
    public var tables: [String]
    /// Of all layers, the input not counted.
    public var activations: Int
    /// Of all layers, biases not counted.
    public var weights: Int
    /// Whether the commitments hide weights and biases.
    public var hasPrivateWeights: Bool
    /// Commitments to weights and biases, and entries of each.
    public var parameterRows: Int
    /// m, a power of two.
    public var rowWidth: Int
    /// The block that a proof at `head` starts from, 0 if there is none.
    public var headStart: Int
    /// Multiply-accumulate operations of one run, padding included.
    public var multiplications: Int
    /// In order; layer i makes block i + 1.
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
