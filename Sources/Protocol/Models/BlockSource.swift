/// A column of activations that a layer reads: block 0 is the network's input (pixel - 128), block i the output of
/// layer i - 1.
public struct BlockSource: Hashable, Sendable {
    /// The two columns of one lookup.
    public enum Column: UInt8, Sendable {
        /// z = f(q).
        case activation = 0
        /// max(z, 0), the second column of a PReLU layer.
        case positivePart = 1
    }

    public var block: Int
    public var column: Column

    public init(block: Int, column: Column = .activation) {
        self.block = block
        self.column = column
    }
}
