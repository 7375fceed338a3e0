/// Reads what ``ByteWriter`` writes. Every read is checked against what is left, and allocates no more than that.
package struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var remaining: Int { self.bytes.count - self.position }

    private mutating func advance(_ count: Int) throws(ModelError) -> Int {
        guard count >= 0, count <= self.remaining else { throw .truncated }
        defer { self.position += count }
        return self.position
    }

    package mutating func read<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(ModelError) -> Value {
        let width = Value.bitWidth / 8
        let start = try self.advance(width)
        var value: Value = 0
        for byte in 0..<width { value |= Value(truncatingIfNeeded: self.bytes[start + byte]) << Value(8 * byte) }
        return value
    }

    /// A `Stored` integer as `Int`, in `range`.
    package mutating func read<Stored: FixedWidthInteger>(_: Stored.Type, in range: ClosedRange<Int>) throws(ModelError)
        -> Int
    {
        let value = Int(try self.read(Stored.self))
        guard range ~= value else { throw .limitExceeded }
        return value
    }

    package mutating func readText(maximumBytes: Int = NetworkLimits.nameBytes) throws(ModelError) -> String {
        let count = try self.read(UInt16.self, in: 0...maximumBytes)
        let start = try self.advance(count)
        guard let text = String(validating: self.bytes[start..<start + count], as: UTF8.self) else {
            throw .invalidText
        }
        return text
    }

    package mutating func readBytes(_ count: Int) throws(ModelError) -> ArraySlice<UInt8> {
        let start = try self.advance(count)
        return self.bytes[start..<start + count]
    }

    package mutating func readIntegers(maximumCount: Int) throws(ModelError) -> [Int32] {
        let count = try self.read(UInt32.self, in: 0...maximumCount)
        let width = try self.read(UInt8.self, in: 1...4)
        let start = try self.advance(count * width)
        let unused = Int32(32 - 8 * width)
        return self.bytes.withUnsafeBufferPointer { bytes in
            (0..<count).map { index in
                var value: Int32 = 0
                for byte in 0..<width {
                    value |= Int32(bytes[start + index * width + byte]) << Int32(8 * byte)
                }
                return (value << unused) >> unused
            }
        }
    }
}
