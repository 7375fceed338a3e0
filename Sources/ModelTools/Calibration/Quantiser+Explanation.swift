extension Quantiser {
    /// How a layer's output scale came about, in words.
    func scaleRule(_ index: Int) -> String {
        let layer = network.layers[index]
        var rule = initialRule(index)
        let group = groups[index]
        if group.count > 1 {
            rule += "; the smallest of \(group.count) layers that are added up"
        }
        if !limited[index].isEmpty {
            rule += "; reduced in \(limited[index].count) channels until every accumulator fits the table"
        }
        if layer.hasGivenWeights {
            rule += "; weights: the graph's integers times their scales, rounded once more"
        }
        return rule
    }

    private func initialRule(_ index: Int) -> String {
        let layer = network.layers[index]
        if let given = givenQuantiser(index) {
            let isKept = scales[index].allSatisfy { $0 == 1 / Double(given.scale) }
            return isKept
                ? "as given: 1 / \(given.scale)" : "given as 1 / \(given.scale), but not kept"
        }
        let rule = calibratedRule(index)
        guard let quantiser = layer.quantiser else { return rule }
        if layer.activation.isPRelu {
            return "\(rule); quantised anew: a PReLU is read in two columns before its slopes"
        }
        if !groups[index].allSatisfy({ network.layers[$0].quantiser?.scale == quantiser.scale }) {
            return "\(rule); quantised anew: layers that are added up have different scales in the graph"
        }
        return "\(rule); quantised anew: \(quantiser.lower)...\(quantiser.upper) is no table of the integer network"
    }

    private func calibratedRule(_ index: Int) -> String {
        let layer = network.layers[index]
        if index == network.layers.count - 1 { return "embedding: 127 / P, one for all channels" }
        switch layer.activation {
        case .quadratic: return "127 / (\(Self.headroom) P), one for all channels"
        case .gate:
            return "255 / (\(Self.headroom) P), rounded down to a power of the square root of 2, one for all channels"
        case .clip(let upper) where self.isUnsigned(index):
            return "255 / min(\(upper), \(Self.headroom) P+) per channel"
        case .none, .relu, .clip, .prelu:
            if self.isUnsigned(index) { return "255 / (\(Self.headroom) P+) per channel" }
            return "127 / (\(headroom(index)) max(P+, P-)) per channel"
        }
    }
}
