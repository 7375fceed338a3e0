import Imaging

/// What an aligned face is like, and what would make it better.
public struct FaceMeasures: Hashable, Sendable, Codable {
    /// The side of the face's box in pixels of the frame.
    public var width: Double
    /// Mean and standard deviation of grey, within the face.
    public var brightness: Double
    public var contrast: Double
    /// Deviation of the Laplacian as a part of the contrast.
    public var sharpness: Double
    /// The angle of the line through the eyes, in degrees; clockwise is positive.
    public var roll: Double
    /// How far the face is turned to a side, in standard deviations over the training faces; signed.
    public var turn: Double

    public static let leastWidth = 64.0
    public static let leastBrightness = 60.0
    public static let greatestBrightness = 220.0
    public static let leastContrast = 12.0
    public static let leastSharpness = 0.15
    public static let greatestRoll = 30.0
    public static let greatestTurn = 2.5

    /// What to do about the first measure that is out of its range; nil where all are in theirs.
    public var advice: String? {
        func whole(_ value: Double) -> Int { Int(value.rounded(.down)) }
        if width < Self.leastWidth {
            return "too far away: face \(whole(width)) pixels wide, need \(whole(Self.leastWidth))"
        }
        if brightness < Self.leastBrightness {
            return "too dark: mean \(whole(brightness)), need \(whole(Self.leastBrightness))"
        }
        if brightness > Self.greatestBrightness {
            return "too bright: mean \(whole(brightness)), at most \(whole(Self.greatestBrightness))"
        }
        if contrast < Self.leastContrast {
            return "too little contrast: \(whole(contrast)), need \(whole(Self.leastContrast))"
        }
        if sharpness < Self.leastSharpness {
            return "not sharp: \(whole(100 * sharpness)), need \(whole(100 * Self.leastSharpness)); hold still"
        }
        if roll.magnitude > Self.greatestRoll {
            return "head tilted: \(whole(roll.magnitude)) degrees, at most \(whole(Self.greatestRoll))"
        }
        if turn.magnitude > Self.greatestTurn {
            return "turned to the side: \(whole(10 * turn.magnitude)), at most \(whole(10 * Self.greatestTurn)); "
                + "look at the camera"
        }
        return nil
    }

    /// 0...1, for advice only: the measure that is nearest to its limit.
    public var score: Double {
        let parts = [
            width / Self.leastWidth / 4, sharpness / Self.leastSharpness / 4, contrast / Self.leastContrast / 4,
            1 - turn.magnitude / (2 * Self.greatestTurn), 1 - roll.magnitude / (2 * Self.greatestRoll),
        ]
        return min(max(parts.min() ?? 0, 0), 1)
    }
}

extension FaceMeasures {
    /// The part of the template that is face in every crop.
    private static let columns = 24..<88
    private static let rows = 36..<104

    /// - Parameters:
    ///   - crop: the aligned face, 112 x 112.
    ///   - placement: from template to frame.
    init(crop: GrayImage, placement: Similarity, turn: Double) {
        var sum = 0
        var squares = 0
        var laplacians = 0
        let pixels = crop.pixels
        for y in Self.rows {
            for x in Self.columns {
                let index = y * crop.width + x
                let grey = Int(pixels[index])
                sum += grey
                squares += grey * grey
                let laplacian =
                    Int(pixels[index - 1]) + Int(pixels[index + 1]) + Int(pixels[index - crop.width])
                    + Int(pixels[index + crop.width]) - 4 * grey
                laplacians += laplacian * laplacian
            }
        }
        let count = Double(Self.rows.count * Self.columns.count)
        let mean = Double(sum) / count
        let deviation = max(0, Double(squares) / count - mean * mean).squareRoot()
        self.init(
            width: placement.scale * FaceTemplate.box.side,
            brightness: mean,
            contrast: deviation,
            sharpness: (Double(laplacians) / count).squareRoot() / max(deviation, 1),
            roll: placement.angle,
            turn: turn
        )
    }
}
