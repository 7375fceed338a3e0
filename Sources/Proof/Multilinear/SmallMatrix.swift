import Ristretto255

/// The prover's opening of a large committed matrix of small integers. Secret.
package struct SmallMatrix: Sendable {
    /// Entries per row.
    package let columnCount: Int
    /// Row by row.
    package var entries: [Int32]
    /// One per row.
    package var blinders: [Scalar]

    package init(columnCount: Int, entries: [Int32], blinders: [Scalar]) {
        self.columnCount = columnCount
        self.entries = entries
        self.blinders = blinders
    }

    /// Rows that are present; those beyond are zero by shape.
    package var rowCount: Int { blinders.count }

    /// What one entry costs in nanoseconds, roughly.
    private static let entryCost = 3

    /// The sum over rows of weight times row: one scalar per column.
    ///
    /// A few columns at a time, copied together first: entries of one column are so far apart that they push each other out
    /// of the cache.
    func combineRows(_ rows: [Int], _ weights: [Scalar]) -> [Scalar] {
        let width = min(columnCount, 16)
        return [Scalar](unsafeUninitializedCapacity: columnCount) { buffer, count in
            // Sound: each piece initialises its own columns.
            nonisolated(unsafe) let output = buffer
            withUnsafe(weights) { entries, weights in
                let blockCost = Self.entryCost * width * rows.count
                Parallel.forEachPiece(count: columnCount / width, cost: blockCost) { blocks in
                    let block = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, width * rows.count))
                    defer { block.wipeAndDeallocate(count: width * rows.count) }
                    for first in blocks {
                        for (index, row) in rows.enumerated() {
                            (block + index * width).update(
                                from: entries + row * columnCount + first * width,
                                count: width
                            )
                        }
                        for offset in 0..<width {
                            output.initializeElement(
                                at: first * width + offset,
                                to: weights.product(block + offset, stride: width)
                            )
                        }
                    }
                }
            }
            count = columnCount
        }
    }

    /// The inner product of each row with the weights.
    func multiply(_ weights: [Scalar]) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: rowCount) { buffer, count in
            // Sound: each piece initialises its own rows.
            nonisolated(unsafe) let output = buffer
            withUnsafe(weights) { entries, weights in
                Parallel.forEachPiece(count: rowCount, cost: Self.entryCost * columnCount) { rows in
                    for row in rows {
                        output.initializeElement(at: row, to: weights.product(entries + row * columnCount))
                    }
                }
            }
            count = rowCount
        }
    }

    private func withUnsafe(_ weights: [Scalar], _ body: (UnsafePointer<Int32>, SmallProductWeights) -> Void) {
        entries.withUnsafeBufferPointer { entries in
            weights.withUnsafeBufferPointer { weights in
                guard let entries = entries.baseAddress else { preconditionFailure("a matrix without entries") }
                body(entries, SmallProductWeights(weights))
            }
        }
    }
}
