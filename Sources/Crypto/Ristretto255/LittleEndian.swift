/// Little-endian words from byte collections of any length.
enum LittleEndian {
    typealias Words = (UInt64, UInt64, UInt64, UInt64)

    /// Four words from exactly 32 bytes, `nil` for any other length.
    static func words4(_ bytes: some Collection<UInt8>) -> Words? {
        guard bytes.count == 32 else { return nil }
        return words8(bytes).lower
    }

    /// Eight words from 64 bytes; missing bytes are zero, excess bytes ignored.
    static func words8(_ bytes: some Collection<UInt8>) -> (lower: Words, upper: Words) {
        var words: (lower: Words, upper: Words) = ((0, 0, 0, 0), (0, 0, 0, 0))
        withUnsafeMutableBytes(of: &words) { buffer in
            // Proofs are read through here: byte by byte, a generic collection takes a hundred times as long.
            let isCopied: Void? = bytes.withContiguousStorageIfAvailable {
                buffer.copyMemory(from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: $0.prefix(64))))
            }
            guard isCopied == nil else { return }
            for (i, byte) in bytes.prefix(64).enumerated() { buffer[i] = byte }
        }
        let (a, b) = words
        return (
            (
                UInt64(littleEndian: a.0), UInt64(littleEndian: a.1), UInt64(littleEndian: a.2),
                UInt64(littleEndian: a.3)
            ),
            (UInt64(littleEndian: b.0), UInt64(littleEndian: b.1), UInt64(littleEndian: b.2), UInt64(littleEndian: b.3))
        )
    }
}
