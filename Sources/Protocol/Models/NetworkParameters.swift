/// The secret or public part of a quantised network: its weights and biases.
public struct NetworkParameters: Sendable {
    /// `weights[layer][term]`: [o][c][i][j] of the real dimensions, depthwise [c][i][j].
    public var weights: [[[Int32]]]
    /// `biases[layer]`: one per output channel.
    public var biases: [[Int32]]

    public init(weights: [[[Int32]]], biases: [[Int32]]) {
        self.weights = weights
        self.biases = biases
    }
}
