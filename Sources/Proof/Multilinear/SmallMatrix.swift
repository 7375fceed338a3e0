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

    /// The sum over rows of weight times row: one scalar per column.
    func combineRows(_ rows: [Int], _ weights: [Scalar]) -> [Scalar] {
        let pieces = rows.count * columnCount >= 1 << 14 ? 2 : 1
        return [Scalar](unsafeUninitializedCapacity: columnCount) { buffer, count in
            // Sound: each piece writes its own columns.
            nonisolated(unsafe) let output = buffer
            entries.withUnsafeBufferPointer { entries in
                Parallel.forEach(pieces, parallel: true) { piece in
                    let columns = Parallel.piece(piece, of: pieces, count: columnCount)
                    var sums = [SmallProductAccumulator](repeating: SmallProductAccumulator(), count: columns.count)
                    sums.withUnsafeMutableBufferPointer { sums in
                        for (row, weight) in zip(rows, weights) {
                            let start = row * columnCount + columns.lowerBound
                            for offset in 0..<sums.count {
                                sums[offset].add(weight, times: entries[start + offset])
                            }
                        }
                        for (offset, column) in columns.enumerated() {
                            output.initializeElement(at: column, to: sums[offset].reduced())
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
            let pieces = entries.count >= 1 << 14 ? min(rowCount, 16) : 1
            // Sound: each piece writes its own rows.
            nonisolated(unsafe) let output = buffer
            entries.withUnsafeBufferPointer { entries in
                weights.withUnsafeBufferPointer { weights in
                    guard let entries = entries.baseAddress, let weights = weights.baseAddress else { return }
                    nonisolated(unsafe) let (rows, factors) = (entries, weights)
                    Parallel.forEach(pieces, parallel: true) { piece in
                        for row in Parallel.piece(piece, of: pieces, count: rowCount) {
                            output.initializeElement(
                                at: row,
                                to: Scalar.innerProduct(factors, small: rows + row * columnCount, count: columnCount)
                            )
                        }
                    }
                }
            }
            count = rowCount
        }
    }
}
