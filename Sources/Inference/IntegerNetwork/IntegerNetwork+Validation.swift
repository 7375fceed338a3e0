import Models

extension IntegerNetwork {
    /// Checks the description, that weights and biases are as many as it says, and that no accumulator leaves its table.
    func validate() throws(ModelError) {
        guard 2...16 ~= shift, 2...16 ~= tableBits, shift + tableBits <= 30 else {
            throw .invalidShift
        }
        try description.validate()
        for (index, layer) in layers.enumerated() {
            let invalid = ModelError.invalidLayer(name: layer.name)
            guard layer.bias.count == layer.output.channels, layer.bias.allSatisfy({ $0.magnitude <= 1 << 30 }) else {
                throw invalid
            }
            for (position, term) in layer.terms.enumerated() {
                guard term.weights.count == description.weightCount(layer: index, term: position),
                    term.weights.allSatisfy({ $0.magnitude <= NetworkLimits.weightMagnitude })
                else { throw invalid }
            }
        }
        for (index, layer) in layers.enumerated() {
            let bounds = quotientBounds(ofLayer: index)
            for (channel, bound) in bounds.enumerated() {
                guard quotients.contains(bound.lowerBound), quotients.contains(bound.upperBound) else {
                    throw .accumulatorOutsideTable(name: layer.name, channel: channel)
                }
            }
        }
    }
}
