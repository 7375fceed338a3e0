/// Mean and deviation of grey in a window about every sample, over what is present of it.
struct LocalContrast {
    /// Side of the window in samples: 1.7 mm, nearly four ridges.
    static let window = 17
    /// Samples along a sensor's edges that are not looked at.
    static let trim = 2

    /// Where the sensor has samples, its edges trimmed.
    let columns: Range<Int>
    let rows: Range<Int>
    private let width: Int
    /// Entry (row, column) of both arrays belongs to the sample there; 0 outside `rows` and `columns`.
    private(set) var means: [Float]
    private(set) var deviations: [Float]
    /// The greatest deviations: their 95th percentile over every fourth sample of every fourth row.
    private(set) var greatest: Float

    /// - Parameters:
    ///   - columns, rows: where `raster` has samples.
    init(_ raster: FingerRaster, columns: Range<Int>, rows: Range<Int>) {
        func trimmed(_ range: Range<Int>) -> Range<Int> {
            let first = range.lowerBound + Self.trim
            return first..<max(first, range.upperBound - Self.trim)
        }
        self.columns = trimmed(columns)
        self.rows = trimmed(rows)
        width = raster.width
        means = [Float](repeating: 0, count: raster.greys.count)
        deviations = means
        greatest = 0
        guard !self.columns.isEmpty, !self.rows.isEmpty else { return }
        fill(raster)
        var coarse: [Float] = []
        for row in stride(from: 2, to: raster.height, by: 4) {
            for column in stride(from: 2, to: width, by: 4) { coarse.append(deviations[row * width + column]) }
        }
        coarse.sort()
        greatest = coarse.isEmpty ? 0 : coarse[coarse.count * 95 / 100]
    }

    /// Sums over the window from cumulated sums, in which grey levels are exact to 2^-20.
    private mutating func fill(_ raster: FingerRaster) {
        let reach = Self.window / 2
        let side = columns.count + 1
        var sums = [Double](repeating: 0, count: side * (rows.count + 1))
        var squares = sums
        for row in rows {
            let line = (row - rows.lowerBound + 1) * side
            var (sum, square) = (0.0, 0.0)
            for column in columns {
                let grey = Double(raster.greys[row * width + column])
                let entry = line + column - columns.lowerBound + 1
                sum += grey
                square += grey * grey
                sums[entry] = sums[entry - side] + sum
                squares[entry] = squares[entry - side] + square
            }
        }
        for row in rows {
            let top = max(row - reach, rows.lowerBound) - rows.lowerBound
            let bottom = min(row + reach + 1, rows.upperBound) - rows.lowerBound
            for column in columns {
                let left = max(column - reach, columns.lowerBound) - columns.lowerBound
                let right = min(column + reach + 1, columns.upperBound) - columns.lowerBound
                func total(_ table: [Double]) -> Double {
                    table[bottom * side + right] - table[top * side + right] - table[bottom * side + left]
                        + table[top * side + left]
                }
                let count = Double((bottom - top) * (right - left))
                let mean = total(sums) / count
                means[row * width + column] = Float(mean)
                deviations[row * width + column] = Float(max(0, total(squares) / count - mean * mean).squareRoot())
            }
        }
    }

    /// Whether a sample is of the finger, not of what lies about it: its window deviates half as much as the greatest.
    func isForeground(_ index: Int) -> Bool { deviations[index] > greatest / 2 }
}
