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

    package init(_ bytes: some Collection<UInt8>) {
        self.bytes = Array(bytes)
    }

    package var remaining: Int { bytes.count - offset }

    package mutating func readRaw(_ count: Int) throws(Failure) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// A little-endian integer.
    package mutating func readInteger<Integer: FixedWidthInteger>(
        _: Integer.Type = Integer.self
    ) throws(Failure) -> Integer {
        var value: Integer = 0
        for (index, byte) in try readRaw(Integer.bitWidth / 8).enumerated() {
            value |= Integer(truncatingIfNeeded: byte) << Integer(8 * index)
        }
        return value
    }

    /// - Throws: `trailingBytes` unless everything was read.
    package func finish() throws(Failure) {
        guard remaining == 0 else { throw .trailingBytes }
    }
}
