import Models

/// One layer of the quantised network: acc = sum of terms + bias, acc = q 2^s + r with r in [-2^(s-1), 2^(s-1)),
/// z = f(q).
public struct Layer: Hashable, Sendable {
    /// Name of the node of the imported graph, for reports and errors.
    public var name: String
    /// 1 to 4, all of the shape of ``output``.
    public var terms: [LinearTerm]
    /// One per output channel.
    public var bias: [Int32]
    /// The last layer's is d x 1 x 1.
    public var output: TensorShape
    /// Index into the network's tables.
    public var table: Int

    public init(name: String, terms: [LinearTerm], bias: [Int32], output: TensorShape, table: Int) {
        self.name = name
        self.terms = terms
        self.bias = bias
        self.output = output
        self.table = table
    }

    /// Multiply-accumulate operations, padding included.
    public var multiplications: Int {
        terms.reduce(0) { $0 + $1.weights.count * output.height * output.width }
    }
}
