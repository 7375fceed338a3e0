import Encoding
import Ristretto255

extension WireError: DecodingFailure {}

/// The fields of every message of the protocol; each refusal names its field.
package typealias WireReader = ByteReader<WireError>
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

    package mutating func readPoint(_ field: WireError.Field) throws(WireError) -> CompressedRistretto {
        guard let point = CompressedRistretto(try readRaw(32)) else { throw .invalidPoint(field: field) }
        return point
    }

    package mutating func readScalar(_ field: WireError.Field) throws(WireError) -> Scalar {
        guard let scalar = Scalar(canonicalBytes: try readRaw(32)) else { throw .nonCanonicalScalar(field: field) }
        return scalar
    }
}

extension ByteWriter {
    package mutating func append(point: CompressedRistretto) {
        append(raw: point.bytes)
    }

    package mutating func append(scalar: Scalar) {
        append(raw: scalar.bytes)
    }
}
