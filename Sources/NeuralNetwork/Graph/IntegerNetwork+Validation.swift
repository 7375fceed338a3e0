import NetworkProof

extension IntegerNetwork {
    /// Checks the description, that weights and biases are as many as it says, and that no accumulator leaves its table.
    func validate() throws(ModelError) {
        guard 2...16 ~= self.shift, 2...16 ~= self.tableBits, self.shift + self.tableBits <= 30 else {
            throw .invalidShift
        }
        try self.description.validate()
        for (index, layer) in self.layers.enumerated() {
            let invalid = ModelError.invalidLayer(name: layer.name)
            guard layer.bias.count == layer.output.channels, layer.bias.allSatisfy({ $0.magnitude <= 1 << 30 }) else {
                throw invalid
            }
            for (position, term) in layer.terms.enumerated() {
                guard term.weights.count == self.description.weightCount(layer: index, term: position),
                    term.weights.allSatisfy({ $0.magnitude <= NetworkLimits.weightMagnitude })
                else { throw invalid }
            }
        }
        for (index, layer) in self.layers.enumerated() {
            let bounds = self.quotientBounds(ofLayer: index)
            for (channel, bound) in bounds.enumerated() {
                guard self.quotients.contains(bound.lowerBound), self.quotients.contains(bound.upperBound) else {
                    throw .accumulatorOutsideTable(name: layer.name, channel: channel)
                }
            }
        }
    }
}
