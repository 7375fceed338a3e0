import Encoding

/// What a model file and a published model say before the network.
package struct ModelHeader: Hashable, Sendable {
    package var name: String
    package var modality: String
    package var preprocessing: Preprocessing
    package var minimumNorm: UInt32
    package var thresholds: [MatchThreshold]

    package init(
        name: String,
        modality: String,
        preprocessing: Preprocessing,
        minimumNorm: UInt32,
        thresholds: [MatchThreshold]
    ) {
        self.name = name
        self.modality = modality
        self.preprocessing = preprocessing
        self.minimumNorm = minimumNorm
        self.thresholds = thresholds
    }

    /// - Parameter dimension: d, which bounds E_min.
    package func validate(dimension: Int) throws(ModelError) {
        guard !self.name.isEmpty, self.name.utf8.count <= NetworkLimits.nameBytes,
            PublishedModel.modalities.contains(self.modality)
        else { throw .invalidText }
        try self.preprocessing.validate()
        guard (self.preprocessing.alignment.modality ?? self.modality) == self.modality else {
            throw .invalidPreprocessing
        }
        guard self.minimumNorm >= 1, Int(self.minimumNorm) <= dimension * 127 * 127, self.thresholds.count <= 16,
            self.thresholds.allSatisfy({
                $0.fmr.isFinite && $0.fmr >= 0 && $0.fmr < 1 && $0.fmr.sign == .plus && $0.numerator > 0
            }),
            zip(self.thresholds, self.thresholds.dropFirst()).allSatisfy({
                $0.fmr > $1.fmr && $0.numerator <= $1.numerator
            })
        else { throw .invalidThresholds }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.append(string: self.name)
        writer.append(string: self.modality)
        self.preprocessing.encode(into: &writer)
        writer.append(self.minimumNorm)
        writer.append(UInt8(truncatingIfNeeded: self.thresholds.count))
        for threshold in self.thresholds {
            writer.append(threshold.fmr.bitPattern)
            writer.append(threshold.numerator)
        }
    }

    package init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        self.name = try reader.readText()
        self.modality = try reader.readText()
        self.preprocessing = try Preprocessing(decoding: &reader)
        self.minimumNorm = try reader.readInteger()
        self.thresholds = []
        for _ in 0..<(try reader.readInteger(UInt8.self, in: 0...16)) {
            let fmr = Double(bitPattern: try reader.readInteger())
            self.thresholds.append(MatchThreshold(fmr: fmr, numerator: try reader.readInteger()))
        }
    }
}
