import Imaging

/// Sums of a resized frame's greys, and of their squares, over every rectangle from the first pixel.
struct IntegralImage {
    /// Entries per row: one more than pixels.
    let rowLength: Int
    /// At most 255 x 32 million pixels, which 32 bits would not hold: frames are smaller, see ``FaceDetector``.
    let sums: [Int32]
    private let squares: [Int64]

    init(_ frame: GrayImage, width: Int, height: Int) {
        let rowLength = width + 1
        var sums = [Int32](repeating: 0, count: rowLength * (height + 1))
        var squares = [Int64](repeating: 0, count: rowLength * (height + 1))
        let columns = Self.taps(from: frame.width, to: width)
        let rows = Self.taps(from: frame.height, to: height)
        frame.pixels.withUnsafeBufferPointer { pixels in
            for (y, row) in rows.enumerated() {
                var line: Int32 = 0
                var lineOfSquares: Int64 = 0
                let (upper, lower) = (row.first * frame.width, row.second * frame.width)
                for (x, column) in columns.enumerated() {
                    // In 1/2048 along each axis, rounded once.
                    let above =
                        Int(pixels[upper + column.first]) * (2048 - column.part)
                        + Int(pixels[upper + column.second]) * column.part
                    let below =
                        Int(pixels[lower + column.first]) * (2048 - column.part)
                        + Int(pixels[lower + column.second]) * column.part
                    let grey = (above * (2048 - row.part) + below * row.part + 1 << 21) >> 22
                    line += Int32(grey)
                    lineOfSquares += Int64(grey * grey)
                    let index = (y + 1) * rowLength + x + 1
                    sums[index] = sums[index - rowLength] + line
                    squares[index] = squares[index - rowLength] + lineOfSquares
                }
            }
        }
        self.rowLength = rowLength
        self.sums = sums
        self.squares = squares
    }

    /// One over the standard deviation times the area; nil where the rectangle is flat (a deviation below 10).
    func inverseDeviation(x: Int, y: Int, width: Int, height: Int) -> Float? {
        let top = y * rowLength + x
        let bottom = top + height * rowLength
        let area = Int64(width * height)
        let sum = Int64(sums[top] - sums[top + width] - sums[bottom] + sums[bottom + width])
        let square = squares[top] - squares[top + width] - squares[bottom] + squares[bottom + width]
        let scaled = area * square - sum * sum
        guard scaled > 100 * area * area else { return nil }
        return 1 / Float(scaled).squareRoot()
    }

    private struct Tap {
        var first: Int
        var second: Int
        /// Of the second, in 1/2048.
        var part: Int
    }

    private static func taps(from source: Int, to target: Int) -> [Tap] {
        (0..<target).map { index in
            let centre = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
            let bounded = min(max(centre, 0), Double(source - 1))
            let first = Int(bounded)
            return Tap(
                first: first,
                second: min(first + 1, source - 1),
                part: Int(((bounded - Double(first)) * 2048).rounded())
            )
        }
    }
}
