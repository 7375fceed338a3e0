import Imaging

/// Reads a frame at any point, bilinearly. The border's pixels go on for ever outside it.
struct FrameSampler {
    private let pixels: [UInt8]
    private let width: Int
    private let height: Int

    init(_ frame: GrayImage) {
        pixels = frame.pixels
        width = frame.width
        height = frame.height
    }

    /// `width` x `height` greys: entry (i, j) is the frame at `transform(i, j)`, averaged over the square that the entry
    /// covers where the frame is finer.
    func greys(width columns: Int, height rows: Int, by transform: Similarity) -> [Float] {
        let scale = transform.scale
        let taps = scale.isFinite ? min(max(Int(scale.rounded()), 1), Self.maximumTaps) : 1
        let weight = 1 / Float(taps * taps)
        return [Float](unsafeUninitializedCapacity: columns * rows) { greys, count in
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum: Float = 0
                    for tap in 0..<taps * taps {
                        let offsetX = (Double(tap % taps) + 0.5) / Double(taps) - 0.5
                        let offsetY = (Double(tap / taps) + 0.5) / Double(taps) - 0.5
                        let point = transform(Double(column) + offsetX, Double(row) + offsetY)
                        sum += grey(Self.bounded(point.x), Self.bounded(point.y))
                    }
                    greys.initializeElement(at: row * columns + column, to: sum * weight)
                }
            }
            count = columns * rows
        }
    }

    /// The same as a picture, greys rounded.
    func picture(width: Int, height: Int, by transform: Similarity) -> GrayImage? {
        GrayImage(
            width: width,
            height: height,
            pixels: greys(width: width, height: height, by: transform).map { UInt8(min(max($0 + 0.5, 0), 255)) }
        )
    }

    /// More samples than that along an axis of an entry are not taken.
    private static let maximumTaps = 32

    /// Coordinates beyond these, or none at all, read the border.
    private static func bounded(_ value: Double) -> Double { value.isFinite ? min(max(value, -1e6), 1e6) : 0 }

    private func grey(_ x: Double, _ y: Double) -> Float {
        let floorX = x.rounded(.down)
        let floorY = y.rounded(.down)
        let (left, top) = (Int(floorX), Int(floorY))
        let (partX, partY) = (Float(x - floorX), Float(y - floorY))
        let columns = (clamp(left, width), clamp(left + 1, width))
        let rows = (clamp(top, height) * width, clamp(top + 1, height) * width)
        let upper = mix(pixels[rows.0 + columns.0], pixels[rows.0 + columns.1], partX)
        let lower = mix(pixels[rows.1 + columns.0], pixels[rows.1 + columns.1], partX)
        return upper + partY * (lower - upper)
    }

    private func mix(_ first: UInt8, _ second: UInt8, _ part: Float) -> Float {
        Float(first) + part * (Float(second) - Float(first))
    }

    private func clamp(_ position: Int, _ count: Int) -> Int { min(max(position, 0), count - 1) }
}
