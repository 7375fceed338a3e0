import Encoding
import Models

/// The model file: "SMBLMODL", u16 version, u32 body length, body. All integers little-endian. Any model has exactly
/// one encoding (docs/quantisation.md, "Model file").
extension EmbeddingModel {
    static let magic = Array("SMBLMODL".utf8)
    static let version: UInt16 = 2
    /// Of a model file.
    package static let maximumBytes = 256 << 20

    /// The model file's bytes; with private weights as secret as they are.
    public func encode() -> [UInt8] {
        var body = ByteWriter()
        published.header.encode(into: &body)
        network.encode(into: &body)
        body.append(UInt8(blindingSeed == nil ? 0 : 1))
        body.append(raw: blindingSeed ?? [])
        var writer = ByteWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(UInt32(truncatingIfNeeded: body.bytes.count))
        writer.append(raw: body.bytes)
        return writer.bytes
    }

    /// Reads untrusted bytes, and commits to weights and biases, which takes about a second for a million of them.
    ///
    /// - Throws: the first thing that is wrong, accumulators that leave their table included; `notCanonical` where
    ///   ``encode()`` would not write the same bytes.
    public init(decoding bytes: [UInt8]) throws(ModelError) {
        let (header, network, seed) = try Self.parts(of: bytes)
        try self.init(header: header, network: network, blindingSeed: seed)
        guard encode() == bytes else { throw .notCanonical }
    }

    /// What is in a model file; nothing is committed to yet.
    private static func parts(
        of bytes: [UInt8]
    ) throws(ModelError) -> (header: ModelHeader, network: IntegerNetwork, blindingSeed: [UInt8]?) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
        var reader = ByteReader<ModelError>(bytes)
        guard try reader.readRaw(Self.magic.count).elementsEqual(Self.magic) else { throw .notAModel }
        let version = try reader.readInteger(UInt16.self)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        let count = try reader.readInteger(UInt32.self)
        guard reader.remaining >= Int(count) else { throw .truncated }
        guard reader.remaining == Int(count) else { throw .trailingBytes }

        let header = try ModelHeader(decoding: &reader)
        let network = try IntegerNetwork(decoding: &reader)
        let isPrivate = try reader.readInteger(UInt8.self, in: 0...1) == 1
        let seed = isPrivate ? try reader.readRaw(32) : nil
        guard reader.remaining == 0 else { throw .trailingBytes }
        return (header, network, seed)
    }

    /// The network alone of a model file, for what runs it and never proves it: without the time that committing takes.
    public static func network(contentsOf path: String) throws(ModelError) -> IntegerNetwork {
        try Self.parts(of: try FileAccess.read(path, maximumBytes: Self.maximumBytes)).network
    }

    /// Reads a model file.
    public static func load(contentsOf path: String) throws(ModelError) -> EmbeddingModel {
        try EmbeddingModel(decoding: try FileAccess.read(path, maximumBytes: Self.maximumBytes))
    }

    /// Writes a model file, atomically; one with private weights for its owner's eyes only.
    public func save(to path: String) throws(ModelError) {
        try FileAccess.write(encode(), to: path, isSecret: blindingSeed != nil)
    }
}
