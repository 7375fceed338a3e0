/// Appends fields in the canonical encoding of `docs/protocol.md` section 2: little-endian integers, strings with a
/// two-byte length.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(raw: some Collection<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    package mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Precondition: at most 65,535 bytes of UTF-8; the types that write strings limit theirs on initialisation.
    package mutating func append(string: String) {
        let utf8 = Array(string.utf8.prefix(Int(UInt16.max)))
        append(UInt16(utf8.count))
        append(raw: utf8)
    }

    package mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }
}
