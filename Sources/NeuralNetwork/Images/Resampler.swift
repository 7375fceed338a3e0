/// Deterministic resizing in integers: by area where the image shrinks and bilinearly where it grows, axis by axis.
///
/// Weights are exact fractions with one denominator per axis and the result is rounded once, half up, so that every
/// machine gets the same bytes.
enum Resampler {
    /// The source positions of one output position, with weights that sum to the axis's denominator.
    private struct Taps {
        var first: Int
        var weights: [Int]
    }

    static func resize(_ image: GrayImage, width: Int, height: Int) -> GrayImage {
        guard image.width != width || image.height != height else { return image }
        let (columns, columnTotal) = Self.taps(from: image.width, to: width)
        let (rows, rowTotal) = Self.taps(from: image.height, to: height)
        // Sums stay below 255 * (2 * 8192)^2 in practice and below 2^63 for any sides under 2^26.
        let total = columnTotal * rowTotal
        var lines = [Int](repeating: 0, count: width * image.height)
        for y in 0..<image.height {
            for (x, taps) in columns.enumerated() {
                var sum = 0
                for (offset, weight) in taps.weights.enumerated() {
                    sum += weight * Int(image.pixels[y * image.width + taps.first + offset])
                }
                lines[y * width + x] = sum
            }
        }
        var pixels = [UInt8](repeating: 0, count: width * height)
        for (y, taps) in rows.enumerated() {
            for x in 0..<width {
                var sum = 0
                for (offset, weight) in taps.weights.enumerated() {
                    sum += weight * lines[(taps.first + offset) * width + x]
                }
                pixels[y * width + x] = UInt8(truncatingIfNeeded: (sum + total / 2) / total)
            }
        }
        return GrayImage(unchecked: pixels, width: width, height: height)
    }

    private static func taps(from source: Int, to target: Int) -> ([Taps], total: Int) {
        if source >= target {
            // In units of 1/target source pixels, output i covers [i * source, (i + 1) * source).
            let taps = (0..<target).map { i in
                let start = i * source
                let end = start + source
                let first = start / target
                let last = (end - 1) / target
                return Taps(
                    first: first,
                    weights: (first...last).map { Swift.min(end, ($0 + 1) * target) - Swift.max(start, $0 * target) }
                )
            }
            return (taps, source)
        }
        // The centre of output i is at ((2 i + 1) source - target) / (2 target) in source pixel centres.
        let denominator = 2 * target
        let taps = (0..<target).map { i in
            let centre = Swift.min(Swift.max((2 * i + 1) * source - target, 0), (source - 1) * denominator)
            let first = centre / denominator
            let fraction = centre - first * denominator
            return Taps(first: first, weights: fraction == 0 ? [denominator] : [denominator - fraction, fraction])
        }
        return (taps, denominator)
    }
}
