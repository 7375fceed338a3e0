import Commitments
import Encoding
import Ristretto255
import Sodium

/// A model as a verifier knows it: what fixes the meaning of its embeddings, the network's description, and
/// commitments to its weights and biases (docs/protocol.md section 7.1; docs/quantisation.md, "Published model").
public struct PublishedModel: Sendable {
    /// Name, modality, preprocessing, E_min and thresholds: the body's part before the network.
    package let header: ModelHeader
    /// Shapes, tables and wiring; valid.
    public let description: NetworkDescription
    /// Whether the commitments hide weights and biases; otherwise their blinders are zero.
    public let hasPrivateWeights: Bool
    /// As many as ``ParameterLayout`` says; any of them may be the identity.
    public let parameterRows: [CompressedRistretto]
    /// ``parameterRows``, decoded.
    package let sharedRows: SharedRows
    /// 32 bytes that name the model: SHA-256 of a domain prefix, the canonical body and the parameter rows.
    public let identity: [UInt8]

    /// The modalities that a model may be for.
    public static let modalities = ["face", "fingerprint"]

    /// Validates everything, and decodes the rows.
    ///
    /// - Throws: the first rule that is broken; `invalidParameterRows` where their number does not follow from the
    ///   network or one is not the encoding of a point.
    package init(
        header: ModelHeader,
        description: NetworkDescription,
        hasPrivateWeights: Bool,
        parameterRows: [CompressedRistretto]
    ) throws(ModelError) {
        try description.validate()
        guard description.input.channels == 1 else { throw .invalidInput }
        try header.validate(dimension: description.dimension)
        guard parameterRows.count == ParameterLayout(description).rowCount else { throw .invalidParameterRows }
        guard let points = RistrettoPoint.decompressBatch(parameterRows) else { throw .invalidParameterRows }
        self.header = header
        self.description = description
        self.hasPrivateWeights = hasPrivateWeights
        self.parameterRows = parameterRows
        self.sharedRows = SharedRows(points)
        let body = Self.encodeBody(header, description, hasPrivateWeights)
        self.identity = Hash.sha256(
            Array("semblance model v2\0".utf8) + body + parameterRows.flatMap(\.bytes)
        )
    }

    /// For people; 1 to 255 bytes. Nothing is decided by it, but ``identity`` covers it.
    public var name: String { self.header.name }
    /// "face" or "fingerprint".
    public var modality: String { self.header.modality }
    /// From a captured frame to block 0.
    public var preprocessing: Preprocessing { self.header.preprocessing }
    /// E_min: an embedding e with <e,e> below it matches nothing.
    public var minimumNorm: UInt32 { self.header.minimumNorm }
    /// Strictly decreasing false-match rates, not decreasing numerators.
    public var thresholds: [MatchThreshold] { self.header.thresholds }
    /// d, at most 512.
    public var dimension: Int { self.description.dimension }
}

extension PublishedModel: Hashable {
    public static func == (left: PublishedModel, right: PublishedModel) -> Bool { left.identity == right.identity }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.identity) }
}

/// A decision threshold: cos^2 >= numerator / 2^16, calibrated for a false-match rate.
public struct MatchThreshold: Hashable, Sendable, Codable {
    /// The rate of impostor pairs that the threshold lets pass, in 0..<1.
    public var fmr: Double
    /// 1...65535.
    public var numerator: UInt16

    public init(fmr: Double, numerator: UInt16) {
        self.fmr = fmr
        self.numerator = numerator
    }
}

/// The published file: "SMBLPUBL", u16 version, u32 body length, body, u32 row count, rows. All integers
/// little-endian. Any model has exactly one encoding (docs/quantisation.md, "Published model").
extension PublishedModel {
    /// The first eight bytes of the file.
    public static let magic = Array("SMBLPUBL".utf8)
    static let version: UInt16 = 1
    /// No valid encoding is larger.
    public static let maximumBytes = 4 << 20

    /// The file's bytes. Decoding them gives the same ``identity``.
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

    /// Reads untrusted bytes.
    ///
    /// - Throws: the first thing that is wrong; `notCanonical` where ``encode()`` would not write the same bytes.
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
