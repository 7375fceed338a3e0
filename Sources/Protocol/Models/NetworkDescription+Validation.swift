extension NetworkDescription {
    /// Outputs and channels of a term's weights [o][c][i][j]; depthwise weights [c][i][j] have one output.
    package func weightShape(layer: Int, term: Int) -> (outputs: Int, channels: Int) {
        let geometry = self.layers[layer].terms[term]
        let outputs = self.layers[layer].output.channels
        return switch geometry.kind {
        case .convolution: (outputs, self.shape(ofBlock: geometry.sources[0].block).channels)
        case .depthwise: (1, outputs)
        }
    }

    /// Number of weights of a term.
    package func weightCount(layer: Int, term: Int) -> Int {
        let shape = self.weightShape(layer: layer, term: term)
        let geometry = self.layers[layer].terms[term]
        return shape.outputs * shape.channels * geometry.kernelHeight * geometry.kernelWidth
    }

    /// Whether a proof can start from block `block`: every layer from there on reads it or what is computed from it,
    /// and of it no column but the first.
    package func canStart(at block: Int) -> Bool {
        guard 1..<self.layers.count ~= block else { return false }
        return self.layers[block...].allSatisfy { layer in
            layer.terms.allSatisfy { term in
                term.sources.allSatisfy { $0.block > block || $0 == BlockSource(block: block) }
            }
        }
    }

    /// The last block that a proof can start from, 0 if there is none.
    package var lastStart: Int {
        self.layers.indices.last { self.canStart(at: $0) } ?? 0
    }

    /// Checks everything that running, proving and verifying rely on.
    package func validate() throws(ModelError) {
        guard 2...16 ~= self.shift else { throw .invalidShift }
        guard Self.isValid(self.input) else { throw .invalidInput }
        guard 1...NetworkLimits.tables ~= self.tables.count,
            Set(self.tables.map(\.activation)).count == self.tables.count
        else { throw .invalidTable }
        for table in self.tables {
            try table.activation.validate()
            guard table.quotients.contains(0), NetworkLimits.quotients.contains(table.quotients.lowerBound),
                NetworkLimits.quotients.contains(table.quotients.upperBound)
            else { throw .invalidTable }
        }
        guard 1...NetworkLimits.layers ~= self.layers.count else { throw .limitExceeded }

        var activations = self.input.count
        var weights = 0
        var multiplications = 0
        var taps = 0
        for (index, layer) in self.layers.enumerated() {
            try self.validate(layer, at: index)
            let count = layer.terms.indices.reduce(0) { $0 + self.weightCount(layer: index, term: $1) }
            activations += layer.output.count
            weights += count
            multiplications += count * layer.output.height * layer.output.width
            taps += layer.taps
            guard activations <= NetworkLimits.activations, weights <= NetworkLimits.weights,
                multiplications <= NetworkLimits.multiplications, taps <= NetworkLimits.taps
            else { throw .limitExceeded }
        }
        // The embedding is symmetric: what it is proved to be at enrolment bounds the template.
        guard let last = self.layers.last, last.output.height == 1, last.output.width == 1,
            1...NetworkLimits.dimension ~= last.output.channels
        else { throw .invalidDimension }
        let range = self.tables[last.table].activation.range
        guard range.lowerBound >= -127, range.upperBound <= 127 else { throw .invalidDimension }
        guard self.headStart == 0 || self.canStart(at: self.headStart) else { throw .invalidHeadStart }
        guard ParameterLayout(self).rowCount <= NetworkLimits.parameterRows else { throw .limitExceeded }
    }

    private func validate(_ layer: Layer, at index: Int) throws(ModelError) {
        let invalid = ModelError.invalidLayer(name: layer.name)
        guard layer.name.utf8.count <= NetworkLimits.nameBytes,
            Self.isValid(layer.output),
            self.tables.indices.contains(layer.table),
            1...NetworkLimits.terms ~= layer.terms.count
        else { throw invalid }
        for term in layer.terms {
            guard let first = term.sources.first, term.sources.count <= NetworkLimits.sources,
                term.sources.allSatisfy({ 0...index ~= $0.block && ($0.block > 0 || $0.column == .activation) }),
                1...NetworkLimits.kernelSide ~= term.kernelHeight, 1...NetworkLimits.kernelSide ~= term.kernelWidth,
                1...NetworkLimits.stride ~= term.strideY, 1...NetworkLimits.stride ~= term.strideX,
                0..<term.kernelHeight ~= term.padTop, 0..<term.kernelWidth ~= term.padLeft
            else { throw invalid }
            let source = self.shape(ofBlock: first.block)
            guard term.sources.allSatisfy({ self.shape(ofBlock: $0.block) == source }) else { throw invalid }
            // The sum is read as a 16-bit column.
            let sums = term.sources.reduce(into: (0, 0)) { sums, source in
                let range = self.range(ofBlock: source.block)
                sums.0 += source.column == .activation ? range.lowerBound : 0
                sums.1 += range.upperBound
            }
            guard sums.0 >= Int(Int16.min), sums.1 <= Int(Int16.max) else { throw invalid }
            // The last window must touch the source, and overhang it by less than a kernel.
            let lastRow = (layer.output.height - 1) * term.strideY - term.padTop
            let lastColumn = (layer.output.width - 1) * term.strideX - term.padLeft
            guard lastRow < source.height, lastColumn < source.width else { throw invalid }
            let paddedHeight = (layer.output.height - 1) * term.strideY + term.kernelHeight
            let paddedWidth = (layer.output.width - 1) * term.strideX + term.kernelWidth
            guard paddedHeight * paddedWidth <= NetworkLimits.paddedCount / source.channels else { throw invalid }
            let window = term.kernelHeight * term.kernelWidth
            switch term.kind {
            case .convolution:
                guard window <= NetworkLimits.weightsPerOutput / source.channels else { throw invalid }
            case .depthwise:
                guard source.channels == layer.output.channels, window <= NetworkLimits.weightsPerOutput else {
                    throw invalid
                }
            }
        }
    }

    private static func isValid(_ shape: TensorShape) -> Bool {
        1...NetworkLimits.channels ~= shape.channels && 1...NetworkLimits.side ~= shape.height
            && 1...NetworkLimits.side ~= shape.width && shape.count <= NetworkLimits.blockCount
    }
}

extension NetworkDescription.Layer {
    /// What ``NetworkLimits/taps`` bounds, of this layer.
    fileprivate var taps: Int {
        self.terms.reduce(0) {
            $0 + $1.kernelHeight * self.output.height + $1.kernelWidth * self.output.width
        }
    }
}
