extension IntegerNetwork {
    func validate() throws(ModelError) {
        guard 2...16 ~= self.shift, 2...18 ~= self.tableBits, self.shift + self.tableBits <= 30 else {
            throw .invalidShift
        }
        guard Self.isValid(self.input) else { throw .invalidInput }
        guard 1...NetworkLimits.tables ~= self.tables.count, Set(self.tables).count == self.tables.count else {
            throw .invalidTable
        }
        for table in self.tables { try table.validate() }
        guard 1...NetworkLimits.layers ~= self.layers.count else { throw .limitExceeded }

        var activations = self.input.count
        var weights = 0
        var multiplications = 0
        for (index, layer) in self.layers.enumerated() {
            try self.validate(layer, at: index)
            activations += layer.output.count
            weights += layer.terms.reduce(0) { $0 + $1.weights.count }
            multiplications += layer.multiplications
            guard activations <= NetworkLimits.activations, weights <= NetworkLimits.weights,
                multiplications <= NetworkLimits.multiplications
            else { throw .limitExceeded }
        }
        // The embedding is symmetric: what it is proved to be at enrolment bounds the template.
        guard let last = self.layers.last, 1...NetworkLimits.dimension ~= last.output.count else {
            throw .invalidDimension
        }
        guard self.tables[last.table].range.lowerBound >= -127, self.tables[last.table].range.upperBound <= 127 else {
            throw .invalidDimension
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

    private func validate(_ layer: Layer, at index: Int) throws(ModelError) {
        let invalid = ModelError.invalidLayer(name: layer.name)
        guard layer.name.utf8.count <= NetworkLimits.nameBytes,
            Self.isValid(layer.output),
            layer.bias.count == layer.output.channels,
            layer.bias.allSatisfy({ $0.magnitude <= 1 << 30 }),
            self.tables.indices.contains(layer.table),
            1...NetworkLimits.terms ~= layer.terms.count
        else { throw invalid }
        for term in layer.terms {
            guard let first = term.sources.first, term.sources.count <= NetworkLimits.sources,
                term.sources.allSatisfy({ 0...index ~= $0.block }),
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
            let perOutput: Int
            switch term.kind {
            case .convolution:
                guard window <= NetworkLimits.weightsPerOutput / source.channels else { throw invalid }
                perOutput = source.channels * window
            case .depthwise:
                guard source.channels == layer.output.channels, window <= NetworkLimits.weightsPerOutput else {
                    throw invalid
                }
                perOutput = window
            }
            guard term.weights.count == layer.output.channels * perOutput,
                term.weights.allSatisfy({ $0.magnitude <= NetworkLimits.weightMagnitude })
            else { throw invalid }
        }
    }

    private static func isValid(_ shape: TensorShape) -> Bool {
        1...NetworkLimits.channels ~= shape.channels && 1...NetworkLimits.side ~= shape.height
            && 1...NetworkLimits.side ~= shape.width && shape.count <= NetworkLimits.blockCount
    }
}
