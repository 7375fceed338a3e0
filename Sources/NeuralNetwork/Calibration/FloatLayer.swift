import NetworkProof

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
