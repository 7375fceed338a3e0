import NetworkProof

/// A layer of an imported network in floating point: one convolution of a sum of blocks, a bias, an activation.
struct FloatLayer {
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

    /// Weights of one output channel.
    var weightsPerOutput: Int { self.weights.count / self.output.channels }
}
