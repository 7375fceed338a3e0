import Glibc

/// The embedder's input: the finger upright, its reference point in the middle.
enum FingerCrop {
    static let side = 128

    /// Reads an evened frame at the points of a crop, bilinearly; what lies outside the frame is 0, as 128.
    static func cut(_ evened: [UInt8], at pose: FingerPose) -> [UInt8] {
        var crop = [UInt8](repeating: 128, count: side * side)
        evened.withUnsafeBufferPointer { frame in
            forEachPoint(of: pose) { index, column, row in
                let (left, top) = (column.rounded(.down), row.rounded(.down))
                let (partX, partY) = (column - left, row - top)
                func value(_ x: Int, _ y: Int) -> Double {
                    guard 0..<FingerFrame.width ~= x, 0..<FingerFrame.height ~= y else { return 0 }
                    return Double(frame[y * FingerFrame.width + x]) - 128
                }
                let (x, y) = (Int(left), Int(top))
                let upper = value(x, y) * (1 - partX) + value(x + 1, y) * partX
                let lower = value(x, y + 1) * (1 - partX) + value(x + 1, y + 1) * partX
                let whole = (upper * (1 - partY) + lower * partY).rounded(.toNearestOrEven)
                crop[index] = UInt8(truncatingIfNeeded: Int(whole) + 128)
            }
        }
        return crop
    }

    /// Calls `body` with each entry of the crop and the frame's column and row there.
    static func forEachPoint(of pose: FingerPose, _ body: (_ index: Int, _ column: Double, _ row: Double) -> Void) {
        let (sine, cosine) = (sin(pose.turn), cos(pose.turn))
        let middle = Double(side - 1) / 2
        let centre = (
            column: pose.x / FingerRaster.pitch + Double(FingerFrame.width - 1) / 2,
            row: -pose.y / FingerRaster.pitch + Double(FingerFrame.height - 1) / 2
        )
        for row in 0..<side {
            for column in 0..<side {
                let (x, y) = (Double(column) - middle, middle - Double(row))
                body(
                    row * side + column,
                    centre.column + cosine * x - sine * y,
                    centre.row - sine * x - cosine * y
                )
            }
        }
    }
}
