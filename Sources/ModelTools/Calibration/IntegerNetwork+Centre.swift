import IntegerNetwork
import Models

extension IntegerNetwork {
    /// The same network with embeddings that are less by `mean`, but for rounding and clipping: the last layer's biases are
    /// in units of 2^-s.
    ///
    /// - Parameter mean: one number for each entry of the embedding.
    func centred(on mean: [Double]) throws(ModelError) -> IntegerNetwork {
        guard var last = layers.last, mean.count == dimension, case .clip = tables[last.table] else {
            throw .invalidTable
        }
        let one = Double(1 << shift)
        for (index, value) in mean.enumerated() {
            let bias = Double(last.bias[index]) - (value * one).rounded()
            guard let exact = Int32(exactly: bias) else {
                throw .accumulatorOutsideTable(name: last.name, channel: index)
            }
            last.bias[index] = exact
        }
        return try IntegerNetwork(
            input: input,
            shift: shift,
            tableBits: tableBits,
            tables: tables,
            layers: layers.dropLast() + [last]
        )
    }
}
