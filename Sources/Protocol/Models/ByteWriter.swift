/// Appends little-endian integers and length-prefixed values.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { self.bytes.append(contentsOf: $0) }
    }

    /// u16 length, UTF-8.
    package mutating func write(_ text: String) {
        let utf8 = Array(text.utf8)
        self.write(UInt16(truncatingIfNeeded: utf8.count))
        self.bytes.append(contentsOf: utf8)
    }

    package mutating func write(bytes: [UInt8]) {
        self.bytes.append(contentsOf: bytes)
    }

    /// u32 count, u8 width w = the fewest bytes (1...4) that hold every entry in two's complement, then the entries.
    package mutating func write(_ values: [Int32]) {
        let lower = values.min() ?? 0
        let upper = values.max() ?? 0
        let width =
            (1...4).first { width in
                let limit = Int64(1) << Int64(8 * width - 1)
                return -limit <= Int64(lower) && Int64(upper) < limit
            } ?? 4
        self.write(UInt32(truncatingIfNeeded: values.count))
        self.write(UInt8(truncatingIfNeeded: width))
        self.bytes.reserveCapacity(self.bytes.count + values.count * width)
        for value in values {
            for byte in 0..<width { self.bytes.append(UInt8(truncatingIfNeeded: value >> Int32(8 * byte))) }
        }
    }
}
