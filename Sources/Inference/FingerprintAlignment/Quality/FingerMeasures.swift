import Glibc

/// What a frame of a finger is like, and what would make it better.
public struct FingerMeasures: Hashable, Sendable, Codable {
    /// What the sensor sees, in square millimetres.
    public var view: Double
    /// The greatest local deviations of grey (95th percentile).
    public var contrast: Double
    /// What shows ridges, in square millimetres.
    public var area: Double
    /// Deviation of the Laplacian as a part of the local deviation: low in smooth pictures, high in noise.
    public var roughness: Double
    /// Between neighbouring ridges, in millimetres; nil where it cannot be told, as in a print whose ridges have run together.
    public var period: Double?
    /// What of the ridges lies within the crop, in square millimetres of its 169.
    public var coverage: Double
    /// The finger's turn in degrees; anticlockwise is positive.
    public var turn: Double

    /// 12 x 12 mm: below that strangers' fingers and one's own are told apart ever less (docs/alignment.md has figures).
    public static let leastView = 144.0
    public static let leastContrast = 12.0
    public static let leastArea = 70.0
    public static let leastRoughness = 1.1
    public static let greatestRoughness = 4.0
    public static let periods = 0.34...0.66
    public static let leastCoverage = 45.0
    public static let greatestTurn = 35.0

    /// What to do about the first measure that is out of its range; nil where all are in theirs.
    public var advice: String? {
        // Rounded, so that a sensor of just that size passes at any resolution.
        if view.rounded() < Self.leastView {
            return "the sensor is too small: it shows \(whole(view)) mm2, need \(whole(Self.leastView)), "
                + "which is 12 x 12 mm; use a larger one"
        }
        if contrast < Self.leastContrast {
            return "no finger seen: contrast \(whole(contrast)), need \(whole(Self.leastContrast))"
        }
        if roughness < Self.leastRoughness {
            return "no ridges seen: roughness \(whole(10 * roughness)), need \(whole(10 * Self.leastRoughness))"
        }
        if roughness > Self.greatestRoughness {
            return "noise, no ridges: roughness \(whole(10 * roughness)), "
                + "at most \(whole(10 * Self.greatestRoughness)); wipe sensor and finger"
        }
        if area < Self.leastArea {
            return
                "too little of the finger: \(whole(area)) mm2, need \(whole(Self.leastArea)); press the whole fingertip"
        }
        // A wrong resolution is the installation's, not one touch's: a print that does not tell it passes.
        if let period, !Self.periods.contains(period) {
            return "ridges \(whole(1000 * period)) um apart, not \(whole(1000 * Self.periods.lowerBound)) to "
                + "\(whole(1000 * Self.periods.upperBound)): is the resolution right?"
        }
        if turn.magnitude > Self.greatestTurn {
            return "finger turned: \(whole(turn.magnitude)) degrees, at most \(whole(Self.greatestTurn))"
        }
        if coverage < Self.leastCoverage {
            return "off the middle: \(whole(coverage)) mm2 about the finger's centre, "
                + "need \(whole(Self.leastCoverage)); put the fingertip's middle on the sensor"
        }
        return nil
    }

    /// Rounded down, as words have it.
    private func whole(_ value: Double) -> Int { Int(min(max(value, -1e6), 1e6).rounded(.down)) }

    /// The measures in one line.
    public var figures: String {
        "sensor \(whole(view)) mm2  contrast \(whole(contrast))  roughness \(whole(10 * roughness))  area \(whole(area)) mm2  "
            + "ridges \(period.map { "\(whole(1000 * $0))" } ?? "?") um apart  turn \(whole(turn))  "
            + "centre \(whole(coverage)) mm2"
    }

    /// 0...1, for advice only: the measure that is nearest to its limit.
    public var score: Double {
        let parts = [
            contrast / Self.leastContrast / 4, area / Self.leastArea / 3, coverage / Self.leastCoverage / 3,
            1 - turn.magnitude / (2 * Self.greatestTurn),
        ]
        return min(max(parts.min() ?? 0, 0), 1)
    }
}

extension FingerMeasures {
    /// - Parameters:
    ///   - evened: of the frame.
    ///   - view: what the sensor sees, in square millimetres.
    init(_ frame: FingerFrame, evened: [UInt8], pose: FingerPose, view: Double) {
        let (contrast, greys) = (frame.contrast, frame.raster.greys)
        var foreground = [Bool](repeating: false, count: greys.count)
        var (count, inner) = (0, 0)
        var (laplacians, variances) = (0.0, 0.0)
        for row in contrast.rows {
            for column in contrast.columns {
                let index = row * FingerFrame.width + column
                guard contrast.isForeground(index) else { continue }
                foreground[index] = true
                count += 1
                // Trimming leaves every sample its four neighbours.
                let neighbours =
                    greys[index - 1] + greys[index + 1] + greys[index - FingerFrame.width]
                    + greys[index + FingerFrame.width]
                let laplacian = Double(4 * greys[index] - neighbours)
                laplacians += laplacian * laplacian
                variances += Double(contrast.deviations[index]) * Double(contrast.deviations[index])
            }
        }
        FingerCrop.forEachPoint(of: pose) { _, column, row in
            let (x, y) = (Int(column.rounded()), Int(row.rounded()))
            guard 0..<FingerFrame.width ~= x, 0..<FingerFrame.height ~= y else { return }
            if foreground[y * FingerFrame.width + x] { inner += 1 }
        }
        let sample = FingerRaster.pitch * FingerRaster.pitch
        self.view = view
        self.contrast = Double(contrast.greatest)
        area = Double(count) * sample
        roughness = variances > 0 ? (laplacians / variances).squareRoot() : 0
        period = RidgePeriod.millimetres(evened, foreground: foreground)
        coverage = Double(inner) * sample
        turn = pose.turn * 180 / .pi
    }
}
