/// The usual 112 x 112 crop of a face.
public enum FaceCrop {
    public static let side = 112
    /// What of it is face in every crop.
    public static let columns = 24..<88
    public static let rows = 36..<104
}

/// Brings the greys of a face's crop to one mean and deviation, whatever the lamp and the skin: face networks trained on
/// photographs of one kind take dark pictures of strangers for alike.
///
/// With n pixels in the face, their sum s and sum of squares q, D = max(floor(sqrt(n q - s^2)), 4 n) is n times the deviation, and
/// grey g becomes 128 + (n g - s) 40 / D, rounded half up and cut to 0...255: the same on every machine.
enum GreyLevelling {
    private static let mean = 128
    private static let deviation = 40
    /// Less is not stretched any further: it is noise.
    private static let leastDeviation = 4

    /// - Parameter crop: of a face on its template, of any size.
    static func apply(to crop: GrayImage) -> GrayImage {
        let moments = GreyMoments(
            crop.histogram(
                columns: scaled(FaceCrop.columns, to: crop.width),
                rows: scaled(FaceCrop.rows, to: crop.height)
            )
        )
        let divisor = max(squareRoot(moments.scaledVariance), leastDeviation * moments.count)
        guard divisor > 0 else { return crop }
        let levelled = (0..<256).map { grey in
            let numerator = 2 * (moments.count * grey - moments.sum) * deviation + (2 * mean + 1) * divisor
            // Rounds towards zero, which is down from 0 on.
            return UInt8(clamping: max(numerator, 0) / (2 * divisor))
        }
        return GrayImage(
            unchecked: crop.pixels.map { levelled[Int($0)] },
            width: crop.width,
            height: crop.height
        )
    }

    private static func scaled(_ range: Range<Int>, to side: Int) -> Range<Int> {
        range.lowerBound * side / FaceCrop.side..<range.upperBound * side / FaceCrop.side
    }

    /// The whole part of the square root: the floating-point one may be one off.
    private static func squareRoot(_ value: Int) -> Int {
        var root = Int(Double(value).squareRoot())
        while root * root > value { root -= 1 }
        while (root + 1) * (root + 1) <= value { root += 1 }
        return root
    }
}
