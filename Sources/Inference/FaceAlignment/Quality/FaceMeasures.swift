import Imaging

/// What an aligned face is like, and what would make it better.
public struct FaceMeasures: Hashable, Sendable, Codable {
    /// The side of the face's box in pixels of the frame.
    public var width: Double
    /// Within the face.
    public var light: LightMeasures
    /// Deviation of the pixels' noise as a part of the contrast, within the face.
    public var noise: Double
    /// Deviation of the Laplacian as a part of the contrast.
    public var sharpness: Double
    /// The angle of the line through the eyes, in degrees; clockwise is positive.
    public var roll: Double
    /// How far the face is turned to a side, in standard deviations over the training faces; signed.
    public var turn: Double

    public static let leastWidth = 64.0
    public static let greatestNoise = 0.33
    public static let leastSharpness = 0.15
    public static let greatestRoll = 30.0
    public static let greatestTurn = 2.5

    /// What to do about the first measure that is out of its range; nil where all are in theirs.
    public var advice: String? {
        func whole(_ value: Double) -> Int { Int(value.rounded(.down)) }
        if width < Self.leastWidth {
            return "too far away: face \(whole(width)) pixels wide, need \(whole(Self.leastWidth))"
        }
        if let advice = light.advice { return advice }
        if noise > Self.greatestNoise {
            return "grainy: noise \(whole(100 * noise)), at most \(whole(100 * Self.greatestNoise)); more light"
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

    /// The measures in one line.
    public var figures: String {
        func percent(_ part: Double) -> Int { Int(100 * part) }
        return "width \(Int(width))  contrast \(Int(light.contrast))  black \(percent(light.black)) %  "
            + "white \(percent(light.white)) %  noise \(percent(noise))  sharpness \(percent(sharpness))  "
            + "roll \(Int(roll))  turn \(Int(10 * turn))"
    }

    /// 0...1, for advice only: the measure that is nearest to its limit.
    public var score: Double {
        let parts = [
            width / Self.leastWidth / 4, sharpness / Self.leastSharpness / 4,
            light.contrast / LightMeasures.leastContrast / 4, 1 - noise / (2 * Self.greatestNoise),
            1 - turn.magnitude / (2 * Self.greatestTurn), 1 - roll.magnitude / (2 * Self.greatestRoll),
        ]
        return min(max(parts.min() ?? 0, 0), 1)
    }
}

extension FaceMeasures {
    /// - Parameters:
    ///   - crop: the aligned face, 112 x 112.
    ///   - placement: from template to frame.
    init(crop: GrayImage, placement: Similarity, turn: Double) {
        let (columns, rows) = (FaceCrop.columns, FaceCrop.rows)
        let light = LightMeasures(crop, columns: columns, rows: rows)
        let contrast = max(light.contrast, 1)
        var laplacians = 0
        let pixels = crop.pixels
        for y in rows {
            for x in columns {
                let index = y * crop.width + x
                let laplacian =
                    Int(pixels[index - 1]) + Int(pixels[index + 1]) + Int(pixels[index - crop.width])
                    + Int(pixels[index + crop.width]) - 4 * Int(pixels[index])
                laplacians += laplacian * laplacian
            }
        }
        self.init(
            width: placement.scale * FaceTemplate.box.side,
            light: light,
            noise: crop.noise(columns: columns, rows: rows) / contrast,
            sharpness: (Double(laplacians) / Double(rows.count * columns.count)).squareRoot() / contrast,
            roll: placement.angle,
            turn: turn
        )
    }
}
