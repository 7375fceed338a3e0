import Encoding

extension ModelError: DecodingFailure {}

/// The fields of model files and published models (docs/quantisation.md).
extension ByteReader where Failure == ModelError {
    /// A `Stored` integer as `Int`, in `range`.
    package mutating func readInteger<Stored: FixedWidthInteger>(
        _: Stored.Type,
        in range: ClosedRange<Int>
    ) throws(ModelError) -> Int {
        let value = Int(try readInteger(Stored.self))
        guard range ~= value else { throw .limitExceeded }
        return value
    }

    package mutating func readText(maximumBytes: Int = NetworkLimits.nameBytes) throws(ModelError) -> String {
        let count = try readInteger(UInt16.self, in: 0...maximumBytes)
        guard let text = String(validating: try readRaw(count), as: UTF8.self) else { throw .invalidText }
        return text
    }

    /// What ``ByteWriter/append(integers:)`` writes.
    package mutating func readIntegers(maximumCount: Int) throws(ModelError) -> [Int32] {
        let count = try readInteger(UInt32.self, in: 0...maximumCount)
        let width = try readInteger(UInt8.self, in: 1...4)
        let unused = Int32(32 - 8 * width)
        return try readRaw(count * width).withUnsafeBufferPointer { bytes in
            (0..<count).map { index in
                var value: Int32 = 0
                for byte in 0..<width { value |= Int32(bytes[index * width + byte]) << Int32(8 * byte) }
                return (value << unused) >> unused
            }
        }
    }
}

extension ByteWriter {
    /// u32 count, u8 width w = the fewest bytes (1...4) that hold every entry in two's complement, then the entries.
    package mutating func append(integers values: [Int32]) {
        let lower = values.min() ?? 0
        let upper = values.max() ?? 0
        let width =
            (1...4).first { width in
                let limit = Int64(1) << Int64(8 * width - 1)
                return -limit <= Int64(lower) && Int64(upper) < limit
            } ?? 4
        append(UInt32(truncatingIfNeeded: values.count))
        append(UInt8(truncatingIfNeeded: width))
        reserve(values.count * width)
        for value in values {
            for byte in 0..<width { append(UInt8(truncatingIfNeeded: value >> Int32(8 * byte))) }
        }
    }
}
