import Encoding
import Ristretto255

extension WireError: DecodingFailure {}

/// The fields of every message of the protocol; each refusal names its field.
package typealias WireReader = ByteReader<WireError>
/// Writes the same fields (docs/protocol.md section 2).
package typealias WireWriter = ByteWriter

extension ByteReader where Failure == WireError {
    /// A length-prefixed string of 1 to `limit` bytes of valid UTF-8 that can be shown as it is.
    package mutating func readString(limit: Int, field: WireError.Field) throws(WireError) -> String {
        let length = Int(try readInteger(UInt16.self))
        guard length >= 1, length <= limit else { throw .invalidString(field: field) }
        guard let string = String(validating: try readRaw(length), as: UTF8.self), DisplayName.isHarmless(string) else {
            throw .invalidString(field: field)
        }
        return string
    }

    /// 32 bytes as they are, the identity's included: whether they are a point shows when they are decompressed.
    package mutating func readPoint(_ field: WireError.Field) throws(WireError) -> CompressedRistretto {
        guard let point = CompressedRistretto(try readSlice(32)) else { throw .invalidPoint(field: field) }
        return point
    }

    /// 32 little-endian bytes; throws `nonCanonicalScalar` unless they are below the group's order. Zero passes.
    package mutating func readScalar(_ field: WireError.Field) throws(WireError) -> Scalar {
        guard let scalar = Scalar(canonicalBytes: try readSlice(32)) else { throw .nonCanonicalScalar(field: field) }
        return scalar
    }
}

extension ByteWriter {
    /// 32 bytes, RFC 9496.
    package mutating func append(point: CompressedRistretto) {
        append(raw: point.bytes)
    }

    /// 32 bytes, little-endian, below the group's order.
    package mutating func append(scalar: Scalar) {
        append(raw: scalar.bytes)
    }
}

/// Why a byte string is not a well-formed message. Decoding is total: any input gives a value or one of these.
///
/// The names serve tests and the verifier's own log; a peer is never told which one applied.
public enum WireError: Error, Equatable, Sendable {
    case truncated
    case trailingBytes
    case badMagic
    case unsupportedVersion
    case unsupportedSuite
    case unknownValue(field: Field)
    case outOfRange(field: Field)
    case invalidString(field: Field)
    case invalidPoint(field: Field)
    case identityPoint(field: Field)
    case nonCanonicalScalar(field: Field)

    /// The fields of every message, by the names that `docs/protocol.md` uses.
    public enum Field: String, Sendable {
        case role, modality, assurance, audience, verifierKey, purpose, subject, label, nonce, clientKey, template,
            epoch
        case model, dimension, threshold, minimumNorm, samples, issuedAt, expiresAt, signature, attestation, time
        case embeddingRow, multiplicityRow, newTemplate, closingCommitment, maskedScalar, openingCommitment
        case openingScalar, foldingPoint, foldedVector, reblindCommitment, reblindResponse, closingProof
        case values, blinder, commitment, kind, startRow, witnessRow
    }
}

extension WireError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the bytes end too early"
        case .trailingBytes: "there are bytes left at the end"
        case .badMagic: "it does not begin as such a file does"
        case .unsupportedVersion: "it is of a version that this program does not know"
        case .unsupportedSuite: "it is of a proof suite that this program does not know"
        case .unknownValue(let field): "the \(field) is unknown"
        case .outOfRange(let field): "the \(field) is out of range"
        case .invalidString(let field): "the \(field) is not acceptable text"
        case .invalidPoint(let field): "the \(field) is not the encoding of a point"
        case .identityPoint(let field): "the \(field) is the identity"
        case .nonCanonicalScalar(let field): "the \(field) is not a canonical scalar"
        }
    }
}

extension WireError.Field: CustomStringConvertible {
    /// The field's name as words: `closingCommitment` is "closing commitment".
    public var description: String {
        rawValue.reduce(into: "") { words, letter in
            words += letter.isUppercase ? " " + letter.lowercased() : String(letter)
        }
    }
}
