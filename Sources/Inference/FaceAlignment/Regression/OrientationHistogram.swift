import Glibc

/// Histograms of gradient directions over the cells of a square of greys, each block of 2 x 2 cells brought to one
/// length, so that light and contrast drop out.
enum OrientationHistogram {
    static let side = 64
    static let cellSide = 8
    static let directions = 8
    static let cells = side / cellSide
    static let blocks = cells - 1
    /// Entries: blocks row by row, in each its cells row by row, in each its directions.
    static let count = blocks * blocks * 4 * directions
    /// The length below which a block counts as flat.
    private static let floor: Float = 64

    /// - Parameter greys: `side` x `side` of them.
    static func features(_ greys: [Float]) -> [Float] {
        precondition(greys.count == side * side)
        var histograms = [Float](repeating: 0, count: cells * cells * directions)
        for y in 0..<side {
            for x in 0..<side {
                let along = x > 0 && x < side - 1 ? greys[y * side + x + 1] - greys[y * side + x - 1] : 0
                let down = y > 0 && y < side - 1 ? greys[(y + 1) * side + x] - greys[(y - 1) * side + x] : 0
                let strength = (along * along + down * down).squareRoot()
                guard strength > 0 else { continue }
                var turn = atan2f(down, along) * Float(directions) / (2 * .pi)
                if turn < 0 { turn += Float(directions) }
                let whole = turn.rounded(.down)
                let first = Int(whole) % directions
                let part = turn - whole
                let cell = (y / cellSide * cells + x / cellSide) * directions
                histograms[cell + first] += strength * (1 - part)
                histograms[cell + (first + 1) % directions] += strength * part
            }
        }
        var features: [Float] = []
        features.reserveCapacity(count)
        for row in 0..<blocks {
            for column in 0..<blocks {
                var square = floor * floor
                let start = features.count
                for cell in 0..<4 {
                    let index = ((row + cell / 2) * cells + column + cell % 2) * directions
                    for entry in histograms[index..<index + directions] {
                        square += entry * entry
                        features.append(entry)
                    }
                }
                let factor = 1 / square.squareRoot()
                for index in start..<features.count { features[index] *= factor }
            }
        }
        return features
    }

    /// The features of a `side` x `side` part of the template, seen through `placement` from template to frame.
    static func features(of frame: FrameSampler, _ window: TemplateWindow, through placement: Similarity) -> [Float] {
        features(frame.greys(width: side, height: side, by: placement.after(window.transform)))
    }
}

/// A square of the template.
struct TemplateWindow: Hashable, Sendable {
    var x: Double
    var y: Double
    var side: Double

    /// From samples of the square to the template.
    var transform: Similarity {
        let step = side / Double(OrientationHistogram.side)
        return Similarity(a: step, b: 0, shiftX: x + step / 2 - 0.5, shiftY: y + step / 2 - 0.5)
    }
}
