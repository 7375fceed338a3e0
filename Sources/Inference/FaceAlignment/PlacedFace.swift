import Imaging

/// A face that the template was placed on.
struct PlacedFace: Sendable {
    /// From template to frame.
    var placement: Similarity
    /// Cosine to the mean face's features.
    var likeness: Double
    var turn: Double

    private var centre: (x: Double, y: Double) { placement(FaceTemplate.centre.x, FaceTemplate.centre.y) }

    /// Whether either's centre lies within the other's box.
    func overlaps(_ other: PlacedFace) -> Bool {
        let (here, there) = (centre, other.centre)
        let reach = max(placement.scale, other.placement.scale) * FaceTemplate.box.side / 2
        return max((here.x - there.x).magnitude, (here.y - there.y).magnitude) < reach
    }

    /// How much a face is the one that a frame is of: its size, half of which counts at half the frame's shorter side from its
    /// middle, less further out.
    fileprivate func prominence(in frame: GrayImage) -> Double {
        let (x, y) = (centre.x - Double(frame.width - 1) / 2, centre.y - Double(frame.height - 1) / 2)
        let reach = Double(min(frame.width, frame.height)) / 2
        return placement.scale / (1 + (x * x + y * y).squareRoot() / reach)
    }
}

extension [PlacedFace] {
    /// The next face counts as one beside the main one from that part of its prominence.
    private static var besidePart: Double { 1 / 1.3 }
    /// Two faces of one size are found up to so much apart.
    private static var largerBy: Double { 1.2 }

    /// The face that a frame is of: who is behind, or at the side and no larger, does not count.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: where it cannot be told which of two it is.
    func main(in frame: GrayImage) throws(FrameRefusal) -> PlacedFace? {
        let ranked = map { (face: $0, prominence: $0.prominence(in: frame)) }.sorted { $0.prominence > $1.prominence }
        guard let first = ranked.first else { return nil }
        // A larger one is never passed over: who sits in front is not logged in by whoever stands behind, in the middle.
        let besides = ranked.dropFirst().count {
            $0.prominence >= Self.besidePart * first.prominence
                || $0.face.placement.scale > Self.largerBy * first.face.placement.scale
        }
        guard besides == 0 else {
            throw FrameRefusal(
                advice: (besides == 1 ? "somebody stands beside you" : "\(besides) people stand beside you")
                    + ": one face alone in the middle, or the others further back"
            )
        }
        return first.face
    }
}
