import Encoding
import Ristretto255

/// The published file: "SMBLPUBL", u16 version, u32 body length, body, u32 row count, rows. All integers
/// little-endian. Any model has exactly one encoding (docs/quantisation.md, "Published model").
extension PublishedModel {
    public static let magic = Array("SMBLPUBL".utf8)
    static let version: UInt16 = 1
    /// No valid encoding is larger.
    public static let maximumBytes = 4 << 20

    public func encode() -> [UInt8] {
        let body = Self.encodeBody(self.header, self.description, self.hasPrivateWeights)
        var writer = ByteWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(UInt32(truncatingIfNeeded: body.count))
        writer.append(raw: body)
        writer.append(UInt32(truncatingIfNeeded: self.parameterRows.count))
        for row in self.parameterRows { writer.append(raw: row.bytes) }
        return writer.bytes
    }

    public init(decoding bytes: some Collection<UInt8>) throws(ModelError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
        let bytes = Array(bytes)
        var reader = ByteReader<ModelError>(bytes)
        guard try reader.readRaw(Self.magic.count).elementsEqual(Self.magic) else { throw .notAModel }
        let version = try reader.readInteger(UInt16.self)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        let count = Int(try reader.readInteger(UInt32.self))
        var body = ByteReader<ModelError>(try reader.readRaw(count))
        let header = try ModelHeader(decoding: &body)
        let description = try NetworkDescription(decoding: &body)
        let hasPrivateWeights = try body.readInteger(UInt8.self, in: 0...1) == 1
        guard body.remaining == 0 else { throw .trailingBytes }
        var rows: [CompressedRistretto] = []
        for _ in 0..<(try reader.readInteger(UInt32.self, in: 1...NetworkLimits.parameterRows)) {
            guard let row = CompressedRistretto(try reader.readRaw(32)) else { throw .truncated }
            rows.append(row)
        }
        guard reader.remaining == 0 else { throw .trailingBytes }
        try self.init(
            header: header,
            description: description,
            hasPrivateWeights: hasPrivateWeights,
            parameterRows: rows
        )
        guard self.encode() == bytes else { throw .notCanonical }
    }

    static func encodeBody(
        _ header: ModelHeader,
        _ description: NetworkDescription,
        _ hasPrivateWeights: Bool
    ) -> [UInt8] {
        var writer = ByteWriter()
        header.encode(into: &writer)
        description.encode(into: &writer)
        writer.append(UInt8(hasPrivateWeights ? 1 : 0))
        return writer.bytes
    }
}
