import Glibc

/// How far apart the ridges of a frame are, by the autocorrelation of its foreground.
///
/// Of waves of one length that run in all directions, samples r apart correlate as J0(2 pi r / length), which is least at
/// r = 0.610 lengths. Noise and gaps, which correlate with nothing, leave the place of that minimum alone. Blotches of wet
/// skin, wider than ridges, lift the whole curve and hide it: their part, the mean of a small window, is taken off first.
enum RidgePeriod {
    /// Samples apart that are looked at, in steps of `step`.
    private static let reach = 6.0
    private static let step = 0.5
    /// The first minimum of J0, by 2 pi.
    private static let leastAt = 3.8317 / (2 * Double.pi)
    /// Samples about each that count as its surroundings, to either side: 0.9 mm in all, two ridges.
    private static let surroundings = 4
    /// How deep the minimum has to lie to be told, as a part of the mean square: J0's is 0.40, of one direction less noise.
    private static let leastDepth = 0.05

    /// - Parameters:
    ///   - evened: a frame whose contrast is evened, 128 added.
    ///   - foreground: what of it is finger.
    /// - Returns: millimetres between ridges; nil where it cannot be told.
    static func millimetres(_ evened: [UInt8], foreground: [Bool]) -> Double? {
        let ridges = withoutBlotches(evened, foreground)
        let curve = correlations(ridges, foreground)
        // Behind the fall from distance 0 the first place that is lower than both neighbours.
        for index in 2..<curve.count - 1
        where curve[index] < -leastDepth * curve[0] && curve[index] <= curve[index - 1]
            && curve[index] < curve[index + 1]
        {
            let (before, here, after) = (curve[index - 1], curve[index], curve[index + 1])
            let bend = before - 2 * here + after
            let place = Double(index) + (bend > 0 ? (before - after) / (2 * bend) : 0)
            return place * step / leastAt * FingerRaster.pitch
        }
        return nil
    }

    /// Each foreground sample less the mean of the foreground about it; 0 elsewhere.
    private static func withoutBlotches(_ evened: [UInt8], _ foreground: [Bool]) -> [Float] {
        let (width, height) = (FingerFrame.width, FingerFrame.height)
        // Sums and counts above and to the left of each sample, in whole numbers.
        var sums = [Int32](repeating: 0, count: (width + 1) * (height + 1))
        var counts = sums
        for row in 0..<height {
            var (sum, count) = (Int32(0), Int32(0))
            for column in 0..<width {
                if foreground[row * width + column] {
                    sum += Int32(evened[row * width + column]) - 128
                    count += 1
                }
                let entry = (row + 1) * (width + 1) + column + 1
                sums[entry] = sums[entry - width - 1] + sum
                counts[entry] = counts[entry - width - 1] + count
            }
        }
        var ridges = [Float](repeating: 0, count: width * height)
        for row in 0..<height {
            let (top, bottom) = (max(row - surroundings, 0), min(row + surroundings + 1, height))
            for column in 0..<width where foreground[row * width + column] {
                let (left, right) = (max(column - surroundings, 0), min(column + surroundings + 1, width))
                func total(_ table: [Int32]) -> Float {
                    Float(
                        table[bottom * (width + 1) + right] - table[top * (width + 1) + right]
                            - table[bottom * (width + 1) + left] + table[top * (width + 1) + left]
                    )
                }
                ridges[row * width + column] = Float(evened[row * width + column]) - 128 - total(sums) / total(counts)
            }
        }
        return ridges
    }

    /// Mean products of samples 0, step, 2 step, ... apart: each pair counts for the two nearest distances.
    private static func correlations(_ ridges: [Float], _ foreground: [Bool]) -> [Double] {
        let (width, height) = (FingerFrame.width, FingerFrame.height)
        var sums = [Double](repeating: 0, count: Int(reach / step) + 2)
        var weights = sums
        for dy in 0...Int(reach) {
            for dx in -Int(reach)...Int(reach) where dy > 0 || dx >= 0 {
                let distance = Double(dx * dx + dy * dy).squareRoot()
                guard distance <= reach else { continue }
                var (sum, count) = (0.0, 0)
                for row in 0..<height - dy {
                    for column in max(0, -dx)..<min(width, width - dx) {
                        let (here, there) = (row * width + column, (row + dy) * width + column + dx)
                        guard foreground[here], foreground[there] else { continue }
                        sum += Double(ridges[here] * ridges[there])
                        count += 1
                    }
                }
                let place = distance / step
                let (bin, part) = (Int(place), place - place.rounded(.down))
                sums[bin] += (1 - part) * sum
                weights[bin] += (1 - part) * Double(count)
                sums[bin + 1] += part * sum
                weights[bin + 1] += part * Double(count)
            }
        }
        return zip(sums, weights).map { $1 > 0 ? $0 / $1 : 0 }
    }
}
