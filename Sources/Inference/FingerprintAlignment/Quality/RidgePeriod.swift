import Foundation

/// How far apart the ridges of a frame are, by the autocorrelation of its foreground.
///
/// Of waves of one length that run in all directions, samples r apart correlate as J0(2 pi r / length), which is least at
/// r = 0.610 lengths. Noise and gaps, which correlate with nothing, leave the place of that minimum alone.
enum RidgePeriod {
    /// Samples apart that are looked at, in steps of `step`.
    private static let reach = 6.0
    private static let step = 0.5
    /// The first minimum of J0, by 2 pi.
    private static let leastAt = 3.8317 / (2 * Double.pi)

    /// - Parameters:
    ///   - evened: a frame whose contrast is evened, 128 added.
    ///   - foreground: what of it is finger.
    /// - Returns: millimetres between ridges; 0 where nothing repeats.
    static func millimetres(_ evened: [UInt8], foreground: [Bool]) -> Double {
        let curve = correlations(evened, foreground)
        // Behind the fall from distance 0 the first place that is lower than both neighbours.
        for index in 2..<curve.count - 1
        where curve[index] < 0 && curve[index] <= curve[index - 1] && curve[index] < curve[index + 1] {
            let (before, here, after) = (curve[index - 1], curve[index], curve[index + 1])
            let bend = before - 2 * here + after
            let place = Double(index) + (bend > 0 ? (before - after) / (2 * bend) : 0)
            return place * step / leastAt * FingerRaster.pitch
        }
        return 0
    }

    /// Mean products of samples 0, step, 2 step, ... apart: each pair counts for the two nearest distances.
    private static func correlations(_ evened: [UInt8], _ foreground: [Bool]) -> [Double] {
        let (width, height) = (FingerFrame.width, FingerFrame.height)
        var sums = [Double](repeating: 0, count: Int(reach / step) + 2)
        var weights = sums
        for dy in 0...Int(reach) {
            for dx in -Int(reach)...Int(reach) where dy > 0 || dx >= 0 {
                let distance = Double(dx * dx + dy * dy).squareRoot()
                guard distance <= reach else { continue }
                var (sum, count) = (0, 0)
                for row in 0..<height - dy {
                    for column in max(0, -dx)..<min(width, width - dx) {
                        let (here, there) = (row * width + column, (row + dy) * width + column + dx)
                        guard foreground[here], foreground[there] else { continue }
                        sum += (Int(evened[here]) - 128) * (Int(evened[there]) - 128)
                        count += 1
                    }
                }
                let place = distance / step
                let (bin, part) = (Int(place), place - place.rounded(.down))
                sums[bin] += (1 - part) * Double(sum)
                weights[bin] += (1 - part) * Double(count)
                sums[bin + 1] += part * Double(sum)
                weights[bin + 1] += part * Double(count)
            }
        }
        return zip(sums, weights).map { $1 > 0 ? $0 / $1 : 0 }
    }
}
