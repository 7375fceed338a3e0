/// Why bytes could not be read, in the words of the message that they belong to.
package protocol DecodingFailure: Error {
    static var truncated: Self { get }
    static var trailingBytes: Self { get }
}

/// Reads what ``ByteWriter`` writes from untrusted bytes: total on any input. Every read is checked against what is left,
/// and allocates no more than that.
///
/// Each format adds its own fields in an extension for its error, so that a refusal names the field.
package struct ByteReader<Failure: DecodingFailure> {
    private let bytes: [UInt8]
    /// Number of bytes read so far.
    package private(set) var offset = 0

    /// Copies the bytes, and starts at the first.
    package init(_ bytes: some Collection<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Bytes that are left.
    package var remaining: Int { bytes.count - offset }

    /// The next `count` bytes; throws `truncated` where there are fewer, or for a negative count.
    package mutating func readRaw(_ count: Int) throws(Failure) -> [UInt8] {
        Array(try readSlice(count))
    }

    /// The same, not copied.
    package mutating func readSlice(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    /// A little-endian integer.
    package mutating func readInteger<Integer: FixedWidthInteger>(
        _: Integer.Type = Integer.self
    ) throws(Failure) -> Integer {
        var value: Integer = 0
        for (index, byte) in try readSlice(Integer.bitWidth / 8).enumerated() {
            value |= Integer(truncatingIfNeeded: byte) << Integer(8 * index)
        }
        return value
    }

    /// - Throws: `trailingBytes` unless everything was read.
    package func finish() throws(Failure) {
        guard remaining == 0 else { throw .trailingBytes }
    }
}

/// Appends fields in the canonical encoding of `docs/protocol.md` section 2: little-endian integers, strings with a
/// two-byte length.
package struct ByteWriter {
    /// All that was appended so far.
    package private(set) var bytes: [UInt8] = []

    /// With no bytes.
    package init() {}

    /// As they are, without a length.
    package mutating func append(raw: some Collection<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    /// Little-endian, in the type's full width: one byte for `UInt8`, eight for `Int`.
    package mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Precondition: at most 65,535 bytes of UTF-8; the types that write strings limit theirs on initialisation.
    package mutating func append(string: String) {
        let utf8 = Array(string.utf8.prefix(Int(UInt16.max)))
        append(UInt16(utf8.count))
        append(raw: utf8)
    }

    /// Makes room for `count` more bytes.
    package mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }
}
