import Foundation

/// The model file: "SMBLMODL", u16 version, u32 body length, body. All integers little-endian. Any model has exactly
/// one encoding (docs/quantisation.md, "Model file").
extension EmbeddingModel {
    static let magic = Array("SMBLMODL".utf8)
    static let version: UInt16 = 1
    static let maximumBytes = 256 << 20

    public func encode() -> [UInt8] {
        let body = Self.encodeBody(
            name: self.name,
            modality: self.modality,
            network: self.network,
            preprocessing: self.preprocessing,
            minimumNorm: self.minimumNorm,
            thresholds: self.thresholds
        )
        var writer = ByteWriter()
        writer.write(bytes: Self.magic)
        writer.write(Self.version)
        writer.write(UInt32(truncatingIfNeeded: body.count))
        writer.write(bytes: body)
        return writer.bytes
    }

    public init(decoding bytes: [UInt8]) throws(ModelError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
        var reader = ByteReader(bytes)
        guard try reader.readBytes(Self.magic.count).elementsEqual(Self.magic) else { throw .notAModel }
        let version = try reader.read(UInt16.self)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        let count = try reader.read(UInt32.self)
        guard reader.remaining >= Int(count) else { throw .truncated }
        guard reader.remaining == Int(count) else { throw .trailingBytes }

        let name = try reader.readText()
        let modality = try reader.readText()
        let preprocessing = try Preprocessing(decoding: &reader)
        let minimumNorm = try reader.read(UInt32.self)
        var thresholds: [MatchThreshold] = []
        for _ in 0..<(try reader.read(UInt8.self, in: 0...16)) {
            let fmr = Double(bitPattern: try reader.read(UInt64.self))
            thresholds.append(MatchThreshold(fmr: fmr, numerator: try reader.read()))
        }
        let network = try IntegerNetwork(decoding: &reader)
        guard reader.remaining == 0 else { throw .trailingBytes }
        try self.init(
            name: name,
            modality: modality,
            network: network,
            preprocessing: preprocessing,
            minimumNorm: minimumNorm,
            thresholds: thresholds
        )
        guard self.encode() == bytes else { throw .notCanonical }
    }

    /// Reads a model file.
    public static func load(contentsOf path: String) throws(ModelError) -> EmbeddingModel {
        try EmbeddingModel(decoding: try FileAccess.read(path, maximumBytes: Self.maximumBytes))
    }

    /// Writes a model file, atomically.
    public func save(to path: String) throws(ModelError) {
        do {
            try Data(self.encode()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(path: path)
        }
    }

    static func encodeBody(
        name: String,
        modality: String,
        network: IntegerNetwork,
        preprocessing: Preprocessing,
        minimumNorm: UInt32,
        thresholds: [MatchThreshold]
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(name)
        writer.write(modality)
        preprocessing.encode(into: &writer)
        writer.write(minimumNorm)
        writer.write(UInt8(truncatingIfNeeded: thresholds.count))
        for threshold in thresholds {
            writer.write(threshold.fmr.bitPattern)
            writer.write(threshold.numerator)
        }
        network.encode(into: &writer)
        return writer.bytes
    }
}

extension Preprocessing {
    func encode(into writer: inout ByteWriter) {
        writer.write(UInt16(truncatingIfNeeded: self.windowWidth))
        writer.write(UInt16(truncatingIfNeeded: self.windowHeight))
        writer.write(self.background)
        writer.write(UInt8(self.keepsAspect ? 1 : 0))
    }

    init(decoding reader: inout ByteReader) throws(ModelError) {
        self.init(
            windowWidth: Int(try reader.read(UInt16.self)),
            windowHeight: Int(try reader.read(UInt16.self)),
            background: try reader.read(),
            keepsAspect: try reader.read(UInt8.self, in: 0...1) == 1
        )
    }
}
