/// Limits on the networks that are accepted. They bound memory and time, and keep every intermediate value of the
/// validation itself inside 64 bits.
public enum NetworkLimits {
    /// Layers of a network.
    public static let layers = 512
    /// Activation tables of a network: a proof pays for each.
    public static let tables = 32
    /// Terms of one layer.
    public static let terms = 4
    /// Sources of one term: the columns of a residual sum.
    public static let sources = 8
    /// Channels of a block.
    public static let channels = 8192
    /// Height or width of a block.
    public static let side = 4096
    /// Height or width of a kernel.
    public static let kernelSide = 4096
    /// Rows or columns that a kernel advances by.
    public static let stride = 64
    /// Activations of one block.
    public static let blockCount = 1 << 24
    /// Values of one block with the borders that a layer adds to it.
    public static let paddedCount = 1 << 25
    /// Activations of all blocks.
    public static let activations = 1 << 27
    /// Weights of one output channel of one term.
    public static let weightsPerOutput = 1 << 20
    /// Weights of the whole network.
    public static let weights = 1 << 26
    /// Multiply-accumulate operations of one run.
    public static let multiplications = 1 << 35
    /// Positions that the kernels' rows and columns meet, over all terms: sum of kernel height × output height + kernel
    /// width × output width. A verifier goes through all of them for every proof, junk included, however few weights the
    /// network has; so many take some 20 ms.
    public static let taps = 1 << 20
    /// Magnitude of a weight.
    public static let weightMagnitude = 1 << 27
    /// Of a model's or a layer's name, in UTF-8.
    public static let nameBytes = 255
    /// d, the last layer's channels. Of these, 8 and more are provable (`MatchBounds.dimensions`).
    public static let dimension = 512
    /// Quotients that a table may have a row for.
    public static let quotients = -(1 << 15)..<(1 << 15)
    /// Rows of committed parameters.
    public static let parameterRows = 1 << 16
}
