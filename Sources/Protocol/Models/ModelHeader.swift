import Encoding

/// What a model file and a published model say before the network.
package struct ModelHeader: Hashable, Sendable {
    /// 1 to 255 bytes of UTF-8.
    package var name: String
    /// One of ``PublishedModel/modalities``.
    package var modality: String
    /// From a captured frame to block 0. An alignment must be one for this modality.
    package var preprocessing: Preprocessing
    /// E_min; 1 to 127^2 d.
    package var minimumNorm: UInt32
    /// At most 16: false-match rates strictly fall, numerators do not fall.
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

    /// The first five fields of the body of either file.
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

    /// Reads what ``encode(into:)`` writes. Beyond lengths and counts all is left to ``validate(dimension:)``.
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

extension ModelError: DecodingFailure {}

/// The fields of model files and published models (docs/quantisation.md).
extension ByteReader where Failure == ModelError {
    /// A `Stored` integer as `Int`, in `range`.
    package mutating func readInteger<Stored: FixedWidthInteger>(
        _: Stored.Type,
        in range: ClosedRange<Int>
    ) throws(ModelError) -> Int {
        let value = Int(try readInteger(Stored.self))
        guard range ~= value else { throw .limitExceeded }
        return value
    }

    /// A u16 length and UTF-8; throws `limitExceeded` for more than `maximumBytes`, `invalidText` for what is not
    /// UTF-8.
    package mutating func readText(maximumBytes: Int = NetworkLimits.nameBytes) throws(ModelError) -> String {
        let count = try readInteger(UInt16.self, in: 0...maximumBytes)
        guard let text = String(validating: try readRaw(count), as: UTF8.self) else { throw .invalidText }
        return text
    }

    /// What ``ByteWriter/append(integers:)`` writes.
    package mutating func readIntegers(maximumCount: Int) throws(ModelError) -> [Int32] {
        let count = try readInteger(UInt32.self, in: 0...maximumCount)
        let width = try readInteger(UInt8.self, in: 1...4)
        let unused = Int32(32 - 8 * width)
        return try readRaw(count * width).withUnsafeBufferPointer { bytes in
            (0..<count).map { index in
                var value: Int32 = 0
                for byte in 0..<width { value |= Int32(bytes[index * width + byte]) << Int32(8 * byte) }
                return (value << unused) >> unused
            }
        }
    }
}

extension ByteWriter {
    /// u32 count, u8 width w = the fewest bytes (1...4) that hold every entry in two's complement, then the entries.
    package mutating func append(integers values: [Int32]) {
        let lower = values.min() ?? 0
        let upper = values.max() ?? 0
        let width =
            (1...4).first { width in
                let limit = Int64(1) << Int64(8 * width - 1)
                return -limit <= Int64(lower) && Int64(upper) < limit
            } ?? 4
        append(UInt32(truncatingIfNeeded: values.count))
        append(UInt8(truncatingIfNeeded: width))
        reserve(values.count * width)
        for value in values {
            for byte in 0..<width { append(UInt8(truncatingIfNeeded: value >> Int32(8 * byte))) }
        }
    }
}
