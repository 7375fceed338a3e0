/// One convolution over the plain sum of its sources. A layer's accumulator is the sum of its terms and its bias.
///
/// A dense layer is a convolution whose kernel is the whole source. Positions outside the source read 0.
public struct LinearTerm: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// weights[((o * channels + c) * kernelHeight + i) * kernelWidth + j].
        case convolution = 0
        /// weights[(c * kernelHeight + i) * kernelWidth + j]; output channel c reads source channel c only.
        case depthwise = 1
    }

    public var kind: Kind
    public var sources: [BlockSource]
    public var kernelHeight: Int
    public var kernelWidth: Int
    public var strideY: Int
    public var strideX: Int
    public var padTop: Int
    public var padLeft: Int
    public var weights: [Int32]

    public init(
        kind: Kind,
        sources: [BlockSource],
        kernelHeight: Int,
        kernelWidth: Int,
        strideY: Int = 1,
        strideX: Int = 1,
        padTop: Int = 0,
        padLeft: Int = 0,
        weights: [Int32]
    ) {
        self.kind = kind
        self.sources = sources
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.strideY = strideY
        self.strideX = strideX
        self.padTop = padTop
        self.padLeft = padLeft
        self.weights = weights
    }
}
