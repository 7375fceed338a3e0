import Ristretto255

/// A table over a hypercube whose entries from `values.count` on are all `tail`.
struct TailedTable: Sendable {
    private(set) var values: [Scalar]
    let tail: Scalar

    init(values: [Scalar], tail: Scalar) {
        self.values = values
        self.tail = tail
    }

    /// Copies the entries of `range`.
    func read(_ range: Range<Int>, into output: UnsafeMutablePointer<Scalar>) {
        let explicit = max(0, min(values.count, range.upperBound) - range.lowerBound)
        if explicit > 0 {
            values.withUnsafeBufferPointer { source in
                if let first = source.baseAddress { output.update(from: first + range.lowerBound, count: explicit) }
            }
        }
        for offset in explicit..<range.count { output[offset] = tail }
    }

    subscript(index: Int) -> Scalar { index < values.count ? values[index] : tail }

    /// Binds the most significant variable of a table of `2 * half` entries.
    mutating func bindFirst(half: Int, to challenge: Scalar) {
        let count = min(values.count, half)
        let total = values.count
        let tail = tail
        let pieces = count >= 2048 ? 8 : 1
        values.withUnsafeMutableBufferPointer { buffer in
            // Sound: entry x depends on x and half + x only, and each piece writes its own x.
            nonisolated(unsafe) let entries = buffer
            Parallel.forEach(pieces, parallel: true) { piece in
                for index in Parallel.piece(piece, of: pieces, count: count) {
                    let upper = half + index < total ? entries[half + index] : tail
                    entries[index] += challenge * (upper - entries[index])
                }
            }
        }
        values.removeLast(total - count)
    }
}
