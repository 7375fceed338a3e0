/// How the entries of one axis are made from source pixels: each is a sum of neighbouring ones, with weights that are
/// exact fractions of one denominator, so that every machine gets the same.
public struct ResamplingAxis: Sendable {
    /// The source positions of one output position, with weights that sum to ``total``.
    struct Taps {
        var first: Int
        var weights: [Int]
    }

    let taps: [Taps]
    /// What the weights of each output position sum to.
    public let total: Int

    /// Output positions.
    public var count: Int { taps.count }

    /// By area: in units of 1/`unit` source pixels, output i covers i * `step` ..< (i + 1) * `step` behind `border`
    /// whole pixels. All of it must lie within the source.
    public init(count: Int, step: Int, unit: Int, border: Int = 0) {
        total = step
        taps = (0..<count).map { index in
            let (start, end) = (index * step, (index + 1) * step)
            let pixels = start / unit...(end - 1) / unit
            return Taps(
                first: border + pixels.lowerBound,
                weights: pixels.map { Swift.min(end, ($0 + 1) * unit) - Swift.max(start, $0 * unit) }
            )
        }
    }

    /// All of `source` pixels made `target`: by area where they become fewer, else bilinearly.
    init(from source: Int, to target: Int) {
        guard source < target else {
            self = ResamplingAxis(count: target, step: source, unit: target)
            return
        }
        // The centre of output i is at ((2 i + 1) source - target) / (2 target) in source pixel centres.
        let denominator = 2 * target
        total = denominator
        taps = (0..<target).map { i in
            let centre = Swift.min(Swift.max((2 * i + 1) * source - target, 0), (source - 1) * denominator)
            let first = centre / denominator
            let fraction = centre - first * denominator
            return Taps(first: first, weights: fraction == 0 ? [denominator] : [denominator - fraction, fraction])
        }
    }

    fileprivate func fits(_ pixels: Int) -> Bool {
        taps.allSatisfy { $0.first >= 0 && $0.first + $0.weights.count <= pixels }
    }
}

extension GrayImage {
    /// The weighted sums of this image's greys, row by row: `columns.total * rows.total` times the resampled greys,
    /// exactly. They stay below 2^63 for any sides under 2^26.
    public func sums(columns: ResamplingAxis, rows: ResamplingAxis) -> [Int] {
        precondition(columns.fits(width) && rows.fits(height), "an axis reaches beyond the image")
        let width = columns.count
        var lines = [Int](repeating: 0, count: width * height)
        // Sound: each tap lies within a line of `self.width` pixels, of which there are `height`.
        pixels.withUnsafeBufferPointer { pixels in
            for y in 0..<height {
                for (x, taps) in columns.taps.enumerated() {
                    let first = y * self.width + taps.first
                    var sum = 0
                    for (offset, weight) in taps.weights.enumerated() { sum += weight * Int(pixels[first + offset]) }
                    lines[y * width + x] = sum
                }
            }
        }
        var sums = [Int](repeating: 0, count: width * rows.count)
        for (y, taps) in rows.taps.enumerated() {
            for x in 0..<width {
                var sum = 0
                for (offset, weight) in taps.weights.enumerated() {
                    sum += weight * lines[(taps.first + offset) * width + x]
                }
                sums[y * width + x] = sum
            }
        }
        return sums
    }

    /// Deterministic resizing in integers: by area where the image shrinks and bilinearly where it grows, axis by axis;
    /// rounded once, half up.
    func resized(width: Int, height: Int) -> GrayImage {
        guard self.width != width || self.height != height else { return self }
        let columns = ResamplingAxis(from: self.width, to: width)
        let rows = ResamplingAxis(from: self.height, to: height)
        let total = columns.total * rows.total
        let pixels = sums(columns: columns, rows: rows).map { UInt8(truncatingIfNeeded: ($0 + total / 2) / total) }
        return GrayImage(unchecked: pixels, width: width, height: height)
    }
}
