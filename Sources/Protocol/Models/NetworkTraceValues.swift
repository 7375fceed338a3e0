/// All integers of one run of a network: what a proof is made from. Secret.
public struct NetworkTraceValues: Sendable {
    /// Blocks 0 (the input) to the layer count.
    public var blocks: [[Int16]]
    /// acc of each layer.
    public var accumulators: [[Int32]]

    public init(blocks: [[Int16]], accumulators: [[Int32]]) {
        self.blocks = blocks
        self.accumulators = accumulators
    }
}
