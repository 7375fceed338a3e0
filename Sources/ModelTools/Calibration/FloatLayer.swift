import IntegerNetwork
import Models

/// A layer of an imported network in floating point: one convolution of a sum of blocks, a bias, an activation.
struct FloatLayer {
    /// A node of the imported graph that became part of the layer.
    struct Node: Hashable {
        var name: String
        var type: String
    }

    var name: String
    var kind: LinearTerm.Kind
    /// Blocks whose sum is read; 0 is the input.
    var sources: [Int]
    var kernelHeight: Int
    var kernelWidth: Int
    var strideY = 1
    var strideX = 1
    var padTop = 0
    var padLeft = 0
    /// Laid out like ``LinearTerm/weights``.
    var weights: [Float]
    var bias: [Float]
    var output: TensorShape
    var activation = FloatActivation.none
    /// An average, or a copy: fixed weights.
    var isFixed = false
    /// How the imported graph itself quantises the output, after the activation.
    var quantiser: GivenQuantiser?
    /// Whether the weights were integers with scales in the imported graph.
    var hasGivenWeights = false
    /// What was folded into the layer, in the graph's order; empty for a copy that the importer made.
    var nodes: [Node] = []
    /// The tensor of the imported graph that the layer computes.
    var tensor: String?

    /// Weights of one output channel.
    var weightsPerOutput: Int { weights.count / output.channels }

    /// The operators, for reports.
    var operators: String { nodes.isEmpty ? "copy" : nodes.map(\.type).joined(separator: " + ") }
}

/// The activation of a layer before quantisation.
enum FloatActivation: Equatable {
    case none
    case relu
    /// min(max(x, 0), upper).
    case clip(upper: Float)
    /// One slope per channel.
    case prelu(slopes: [Float])
    /// square x^2 + linear x.
    case quadratic(square: Float, linear: Float)
    /// x min(max(slope x + offset, 0), 1), slope > 0, 0 < offset <= 1; HardSwish is 1/6 and 1/2.
    case gate(slope: Float, offset: Float)

    var isUnsigned: Bool {
        switch self {
        case .relu, .clip: true
        case .none, .prelu, .quadratic, .gate: false
        }
    }

    /// Whether the table is a curve along q, so that q and z have scales of their own, each one for all channels.
    var isCurved: Bool {
        switch self {
        case .quadratic, .gate: true
        case .none, .relu, .clip, .prelu: false
        }
    }

    /// Read in two columns, before the slopes.
    var isPRelu: Bool { if case .prelu = self { true } else { false } }

    func callAsFunction(_ x: Float, channel: Int) -> Float {
        switch self {
        case .none: x
        case .relu: Swift.max(x, 0)
        case .clip(let upper): Swift.min(Swift.max(x, 0), upper)
        case .prelu(let slopes): x < 0 ? slopes[channel] * x : x
        case .quadratic(let square, let linear): square * x * x + linear * x
        case .gate(let slope, let offset): x * Swift.min(Swift.max(slope * x + offset, 0), 1)
        }
    }
}

/// A quantiser that the imported graph names (QuantizeLinear, DequantizeLinear): x is read as
/// scale * min(max(round(x / scale), lower), upper).
struct GivenQuantiser: Equatable {
    var scale: Float
    /// The element type's range less the zero point.
    var lower: Int
    var upper: Int

    func callAsFunction(_ x: Float) -> Float {
        let steps = (x / scale).rounded(.toNearestOrEven)
        return scale * Swift.min(Swift.max(steps, Float(lower)), Float(upper))
    }
}
