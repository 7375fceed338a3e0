import Ristretto255
import Sodium

/// Reads fields from untrusted bytes; every read is bounds-checked and names its field when it refuses.
struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Collection<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Number of bytes read so far.
    var offset: Int { position }

    mutating func readRaw(_ count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - position else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func readInteger<Integer: FixedWidthInteger & UnsignedInteger>(
        _ type: Integer.Type = Integer.self
    ) throws(WireError) -> Integer {
        let raw = try readRaw(Integer.bitWidth / 8)
        var value: Integer = 0
        for byte in raw.reversed() {
            value = (value << 8) | Integer(truncatingIfNeeded: byte)
        }
        return value
    }

    /// A length-prefixed string of 1 to `limit` bytes of valid UTF-8 that can be shown as it is.
    mutating func readString(limit: Int, field: WireError.Field) throws(WireError) -> String {
        let length = Int(try readInteger(UInt16.self))
        guard length >= 1, length <= limit else { throw .invalidString(field: field) }
        let raw = try readRaw(length)
        guard let string = String(validating: raw, as: UTF8.self), DisplayName.isHarmless(string) else {
            throw .invalidString(field: field)
        }
        return string
    }

    mutating func readPoint(_ field: WireError.Field) throws(WireError) -> CompressedRistretto {
        guard let point = CompressedRistretto(try readRaw(32)) else { throw .invalidPoint(field: field) }
        return point
    }

    mutating func readScalar(_ field: WireError.Field) throws(WireError) -> Scalar {
        guard let scalar = Scalar(canonicalBytes: try readRaw(32)) else { throw .nonCanonicalScalar(field: field) }
        return scalar
    }

    func finish() throws(WireError) {
        guard position == bytes.count else { throw .trailingBytes }
    }
}
