/// How a part of a picture is lit: by its contrast and by what is clipped.
///
/// The mean grey says nothing of the light: skin that returns a tenth of it may be as well lit as skin that returns half.
public struct LightMeasures: Hashable, Sendable, Codable {
    /// Standard deviation of grey.
    public var contrast: Double
    /// Parts of the pixels that are black or white, in which nothing is to be seen: 0...1.
    public var black: Double
    public var white: Double

    public static let leastContrast = 8.0
    public static let greatestClipping = 0.3
    /// Greys this near to an end of the range are clipped: resampling and JPEG blur the ends.
    private static let clipped = 2

    public init(contrast: Double, black: Double, white: Double) {
        (self.contrast, self.black, self.white) = (contrast, black, white)
    }

    /// - Parameters:
    ///   - columns, rows: the part that counts, which lies within the picture and is not empty.
    public init(_ image: GrayImage, columns: Range<Int>, rows: Range<Int>) {
        let counts = image.histogram(columns: columns, rows: rows)
        let total = Double(columns.count * rows.count)
        contrast = GreyMoments(counts).deviation
        black = Double(counts[...Self.clipped].reduce(0, +)) / total
        white = Double(counts[(255 - Self.clipped)...].reduce(0, +)) / total
    }

    /// What is wrong with the light, in words; nil where nothing is.
    public var advice: String? {
        func percent(_ part: Double) -> Int { Int(100 * part) }
        if black > Self.greatestClipping {
            return "too dark: \(percent(black)) % is black, at most \(percent(Self.greatestClipping)); more light"
        }
        if white > Self.greatestClipping {
            return "too bright: \(percent(white)) % is white, at most \(percent(Self.greatestClipping)); less light"
        }
        return contrast < Self.leastContrast ? Self.advice(contrast: contrast, least: Self.leastContrast) : nil
    }

    static func advice(contrast: Double, least: Double) -> String {
        "too little contrast: \(Int(contrast)), need \(Int(least)); more light"
    }
}

/// Sums over greys, exact.
struct GreyMoments {
    let count: Int
    let sum: Int
    let squares: Int

    /// - Parameter histogram: how many pixels have each grey, 256 of them.
    init(_ histogram: [Int]) {
        count = histogram.reduce(0, +)
        sum = histogram.enumerated().reduce(0) { $0 + $1.offset * $1.element }
        squares = histogram.enumerated().reduce(0) { $0 + $1.offset * $1.offset * $1.element }
    }

    /// count^2 times the variance, for at most 2^23 pixels: a crop's.
    var scaledVariance: Int { count * squares - sum * sum }
    /// Of whole pictures too, whose scaled variance may not fit 64 bits.
    var deviation: Double { max(0, Double(squares) / Double(max(count, 1)) - mean * mean).squareRoot() }
    var mean: Double { Double(sum) / Double(max(count, 1)) }
}

extension GrayImage {
    /// How many pixels of a part have each grey.
    func histogram(columns: Range<Int>, rows: Range<Int>) -> [Int] {
        var counts = [Int](repeating: 0, count: 256)
        for y in rows {
            for x in columns { counts[Int(pixels[y * width + x])] += 1 }
        }
        return counts
    }

    /// The deviation of the noise of a part, in grey levels: the median size of what a kernel answers that sees no planes, edges or
    /// corners (J. Immerkaer, 1996), taken as a normal deviation's. Faces in good light have 1 or less.
    ///
    /// - Parameters:
    ///   - columns, rows: of pixels that have eight neighbours.
    public func noise(columns: Range<Int>, rows: Range<Int>) -> Double {
        var counts = [Int](repeating: 0, count: 8 * 255 + 1)
        for y in rows {
            for x in columns {
                func line(_ y: Int) -> Int {
                    let index = y * width + x
                    return Int(pixels[index - 1]) - 2 * Int(pixels[index]) + Int(pixels[index + 1])
                }
                // The kernel's positive weights sum to 8, and so do its negative ones.
                counts[Swift.abs(line(y - 1) - 2 * line(y) + line(y + 1))] += 1
            }
        }
        var rest = columns.count * rows.count / 2
        let median = counts.firstIndex { count in
            rest -= count
            return rest < 0
        }
        return Double(median ?? 0) / 6 / 0.6745
    }
}
