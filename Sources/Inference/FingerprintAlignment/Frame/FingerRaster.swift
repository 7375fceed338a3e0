import Imaging

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
        let across = Self.axis(picture.width, to: columns, dotsPerInch)
        let down = Self.axis(picture.height, to: rows, dotsPerInch)
        let total = Double(across.total * down.total)
        greys = picture.sums(columns: across, rows: down).map { Float(Double($0) / total) }
        width = columns
        height = rows
    }

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        greys = [Float](repeating: 0, count: width * height)
    }

    /// In units of 1/250 pixel, sample i covers i * dpi ..< (i + 1) * dpi behind the border.
    private static func axis(_ pixels: Int, to samples: Int, _ dotsPerInch: Int) -> ResamplingAxis {
        let unit = Self.dotsPerInch
        let border = (pixels * unit - samples * dotsPerInch) / (2 * unit)
        return ResamplingAxis(count: samples, step: dotsPerInch, unit: unit, border: border)
    }
}
