import Ristretto255

/// Appends fields in the canonical encoding of `docs/protocol.md` section 2: little-endian integers, strings with a
/// two-byte length, points and scalars as their canonical 32 bytes.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(raw: some Collection<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    mutating func append<Integer: FixedWidthInteger & UnsignedInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Precondition: the string is at most 65,535 bytes of UTF-8; message types validate theirs on initialisation.
    mutating func append(string: String) {
        let utf8 = Array(string.utf8.prefix(Int(UInt16.max)))
        append(UInt16(utf8.count))
        append(raw: utf8)
    }

    mutating func append(point: CompressedRistretto) {
        append(raw: point.bytes)
    }

    mutating func append(scalar: Scalar) {
        append(raw: scalar.bytes)
    }
}
