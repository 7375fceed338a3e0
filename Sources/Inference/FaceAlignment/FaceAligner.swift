import Imaging
import Models

/// Brings the face of a frame onto ``FaceTemplate``: a cascade finds the face, a regressor places the template on it.
public struct FaceAligner: FrameAligner {
    /// Where Debian's package opencv-data has the cascade.
    public static let packagedCascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"

    /// Why there is no aligner.
    public enum SetupError: Error, Hashable, Sendable, CustomStringConvertible {
        case cascadeUnreadable(path: String)
        case cascadeUnusable(path: String)
        case regressorUnusable

        public var description: String {
            switch self {
            case .cascadeUnreadable(let path): "cannot read \(path), which Debian's package opencv-data installs"
            case .cascadeUnusable(let path): "\(path) is no cascade of upright Haar features"
            case .regressorUnusable: "the built-in regressor is damaged"
            }
        }
    }

    /// A face on the template.
    public struct AlignedFace: Sendable {
        /// From template to frame.
        public var placement: Similarity
        /// 112 x 112.
        public var crop: GrayImage
        public var measures: FaceMeasures
    }

    /// Starts whose placements have to agree: growth in parts, shift in template pixels.
    private static let starts = [(0.0, 0.0, 0.0), (0.08, 0, 0), (-0.08, 0, 0), (0, 5, 0), (0, 0, 5)]
    /// The greatest mean distance of the placements from their median, in template pixels.
    private static let greatestSpread = 1.5
    /// The least cosine to the mean face's features.
    private static let leastLikeness = 0.62
    /// More boxes of one frame are not looked at.
    private static let maximumCandidates = 8

    private let detector: FaceDetector
    private let regressor: PlacementRegressor

    public init(cascade path: String = packagedCascade) throws(SetupError) {
        do {
            detector = FaceDetector(cascade: try Cascade(contentsOf: path))
        } catch {
            throw error == .unreadable ? .cascadeUnreadable(path: path) : .cascadeUnusable(path: path)
        }
        guard let regressor = PlacementRegressor.shipped else { throw .regressorUnusable }
        self.regressor = regressor
    }

    public var alignment: Alignment { .face112 }

    public func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame {
        let face = try alignedFace(in: frame)
        if let advice = face.measures.advice { throw FrameRefusal(advice: advice) }
        return AlignedFrame(image: face.crop, quality: face.measures.score, contrast: face.measures.light.contrast)
    }

    /// The frame's main face, whatever its measures.
    public func alignedFace(in frame: GrayImage) throws(FrameRefusal) -> AlignedFace {
        let candidates = detector.faces(in: frame)
        guard !candidates.isEmpty else { throw FrameRefusal(advice: "no face seen") }
        let sampler = FrameSampler(frame)
        let placed = candidates.prefix(Self.maximumCandidates).compactMap { place($0, in: sampler) }
        // Of boxes that lie upon each other one is the face: the likest.
        var faces: [PlacedFace] = []
        for face in placed.sorted(by: { $0.likeness > $1.likeness })
        where !faces.contains(where: { $0.overlaps(face) }) {
            faces.append(face)
        }
        guard let face = try faces.main(in: frame) else {
            throw FrameRefusal(advice: "no clear face seen: look straight at the camera")
        }
        guard
            let crop = sampler.picture(
                width: FaceTemplate.side,
                height: FaceTemplate.side,
                by: face.placement
            )
        else { throw FrameRefusal(advice: "no face seen") }
        return AlignedFace(
            placement: face.placement,
            crop: crop,
            measures: FaceMeasures(crop: crop, placement: face.placement, turn: face.turn)
        )
    }

    /// The template's place on a face; nil where the starts disagree, or what it shows is not like a face.
    private func place(_ face: FaceDetector.Face, in frame: FrameSampler) -> PlacedFace? {
        let placements = Self.starts.map { growth, x, y in
            let start = Similarity(a: 1 + growth, b: 0, about: FaceTemplate.centre, shiftX: x, shiftY: y)
            return regressor.refine(face.placement.after(start), in: frame)
        }
        guard let placement = Similarity.median(placements) else { return nil }
        let spread = placements.reduce(0) { $0 + $1.distance(to: placement) } / Double(placements.count)
        let (likeness, turn) = regressor.describe(placement, in: frame)
        guard spread <= Self.greatestSpread, likeness >= Self.leastLikeness else { return nil }
        return PlacedFace(placement: placement, likeness: likeness, turn: turn)
    }
}

extension Similarity {
    /// The median of turn and growth, and of where the template's centre goes.
    static func median(_ placements: [Similarity]) -> Similarity? {
        func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        guard !placements.isEmpty else { return nil }
        let centres = placements.map { $0(FaceTemplate.centre.x, FaceTemplate.centre.y) }
        let linear = Similarity(
            a: middle(placements.map(\.a)),
            b: middle(placements.map(\.b)),
            shiftX: 0,
            shiftY: 0
        )
        let moved = linear(FaceTemplate.centre.x, FaceTemplate.centre.y)
        return Similarity(
            a: linear.a,
            b: linear.b,
            shiftX: middle(centres.map(\.x)) - moved.x,
            shiftY: middle(centres.map(\.y)) - moved.y
        )
    }

    /// How far apart two placements put the eyes' distance and the template's centre, in template pixels of `other`.
    func distance(to other: Similarity) -> Double {
        let unit = Swift.max(other.scale, 1e-9)
        let (here, there) = (
            self(FaceTemplate.centre.x, FaceTemplate.centre.y), other(FaceTemplate.centre.x, FaceTemplate.centre.y)
        )
        let parts = [
            (a - other.a) * FaceTemplate.eyeDistance, (b - other.b) * FaceTemplate.eyeDistance, here.x - there.x,
            here.y - there.y,
        ]
        return parts.reduce(0) { $0 + $1 * $1 }.squareRoot() / unit
    }
}

/// The usual 112 x 112 crop of a face ("five-point template"), which face networks are trained on.
public enum FaceTemplate {
    public static let side = FaceCrop.side
    /// Where the eyes come to stand, that on the left of the picture first.
    public static let leftEye = (x: 38.29, y: 51.70)
    public static let rightEye = (x: 73.53, y: 51.50)
    /// The point that small turns and shifts are measured about.
    static let centre = (x: 56.0, y: 64.0)
    /// Side and centre of the detector's box, in the template: medians over Labeled Faces in the Wild.
    static let box = (side: 96.0, x: 56.0, y: 62.0)
    /// The distance of the eyes.
    static let eyeDistance = 35.24
}
