import NeuralNetwork

/// Grey levels at the networks' resolution, ``dotsPerInch``, row by row.
struct FingerRaster {
    static let dotsPerInch = 250
    /// Millimetres between neighbouring samples.
    static let pitch = 25.4 / Double(dotsPerInch)

    var width: Int
    var height: Int
    var greys: [Float]

    /// Averages a picture over squares of 1/250 inch, exactly: at 500 dpi these are blocks of two by two pixels. What is left
    /// at the borders is cut off, whole pixels at the left and the top.
    ///
    /// - Returns: nil where the picture has not one sample, or a side has more than `maximumSide`.
    init?(_ picture: GrayImage, dotsPerInch: Int, maximumSide: Int) {
        func samples(_ pixels: Int) -> Int { pixels * Self.dotsPerInch / dotsPerInch }
        let (columns, rows) = (samples(picture.width), samples(picture.height))
        guard 1...maximumSide ~= columns, 1...maximumSide ~= rows else { return nil }
        let across = Self.taps(picture.width, to: columns, dotsPerInch)
        let down = Self.taps(picture.height, to: rows, dotsPerInch)
        var lines = [Int](repeating: 0, count: columns * picture.height)
        picture.pixels.withUnsafeBufferPointer { pixels in
            for y in 0..<picture.height {
                for (x, tap) in across.enumerated() {
                    let first = y * picture.width + tap.first
                    var sum = 0
                    for (offset, weight) in tap.weights.enumerated() { sum += weight * Int(pixels[first + offset]) }
                    lines[y * columns + x] = sum
                }
            }
        }
        let total = Double(dotsPerInch * dotsPerInch)
        greys = [Float](repeating: 0, count: columns * rows)
        for (y, tap) in down.enumerated() {
            for x in 0..<columns {
                var sum = 0
                for (offset, weight) in tap.weights.enumerated() {
                    sum += weight * lines[(tap.first + offset) * columns + x]
                }
                greys[y * columns + x] = Float(Double(sum) / total)
            }
        }
        width = columns
        height = rows
    }

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        greys = [Float](repeating: 0, count: width * height)
    }

    private struct Taps {
        var first: Int
        var weights: [Int]
    }

    /// In units of 1/250 pixel, sample i covers i * dpi ..< (i + 1) * dpi behind the border.
    private static func taps(_ pixels: Int, to samples: Int, _ dotsPerInch: Int) -> [Taps] {
        let unit = Self.dotsPerInch
        let border = (pixels * unit - samples * dotsPerInch) / (2 * unit)
        return (0..<samples).map { sample in
            let (start, end) = (sample * dotsPerInch, (sample + 1) * dotsPerInch)
            let pixels = start / unit...(end - 1) / unit
            return Taps(
                first: border + pixels.lowerBound,
                weights: pixels.map { min(end, ($0 + 1) * unit) - max(start, $0 * unit) }
            )
        }
    }
}
