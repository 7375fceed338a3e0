import Ristretto255
import Sodium

/// A model as a verifier knows it: what fixes the meaning of its embeddings, the network's description, and
/// commitments to its weights and biases (docs/protocol.md section 7.1; docs/quantisation.md, "Published model").
public struct PublishedModel: Sendable {
    package let header: ModelHeader
    public let description: NetworkDescription
    /// Whether the commitments hide weights and biases; otherwise their blinders are zero.
    public let hasPrivateWeights: Bool
    /// As many as ``ParameterLayout`` says; any of them may be the identity.
    public let parameterRows: [CompressedRistretto]
    /// ``parameterRows``, decoded.
    package let parameterPoints: [RistrettoPoint]
    /// 32 bytes that name the model: SHA-256 of a domain prefix, the canonical body and the parameter rows.
    public let identity: [UInt8]

    /// The modalities that a model may be for.
    public static let modalities = ["face", "fingerprint"]

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
        self.parameterPoints = points
        let body = Self.encodeBody(header, description, hasPrivateWeights)
        self.identity = Hash.sha256(
            Array("semblance model v2\0".utf8) + body + parameterRows.flatMap(\.bytes)
        )
    }

    public var name: String { self.header.name }
    /// "face" or "fingerprint".
    public var modality: String { self.header.modality }
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
