import Glibc
import Imaging

/// Finds faces in a frame, and roughly where the template lies on each.
struct FaceDetector: Sendable {
    /// A face as the cascade sees it.
    struct Face: Sendable {
        /// From template to frame.
        var placement: Similarity
        var support: Int

        /// The side of the detector's box in pixels of the frame.
        var width: Double { placement.scale * FaceTemplate.box.side }
        /// The centre of the box in the frame.
        var centre: (x: Double, y: Double) { placement(FaceTemplate.box.x, FaceTemplate.box.y) }
    }

    /// Frames are shrunk until their shorter and longer side are no more than that.
    static let workingSides = (shorter: 480, longer: 960)
    /// The frame's border goes on for that part of its shorter side: faces that fill a frame are found too.
    static let margin = 0.2
    /// The least face that is looked for, as a part of the shorter side.
    static let leastPart = 0.12
    /// Windows that have to agree, less one.
    static let minimumSupport = 3
    /// Turns of the frame that are tried where it shows no face upright, in degrees.
    static let turns = [-20.0, 20.0]

    let cascade: Cascade

    /// The faces, by width, the widest first.
    func faces(in frame: GrayImage) -> [Face] {
        let upright = faces(in: frame, turnedBy: 0)
        guard upright.isEmpty else { return upright }
        return Self.turns.lazy.map { faces(in: frame, turnedBy: $0) }.first { !$0.isEmpty } ?? []
    }

    private func faces(in frame: GrayImage, turnedBy degrees: Double) -> [Face] {
        let (shorter, longer) = (min(frame.width, frame.height), max(frame.width, frame.height))
        guard longer <= 16 * shorter else { return [] }
        let shrink = max(
            1,
            Double(shorter) / Double(Self.workingSides.shorter),
            Double(longer) / Double(Self.workingSides.longer)
        )
        let width = max(1, Int((Double(frame.width) / shrink).rounded()))
        let height = max(1, Int((Double(frame.height) / shrink).rounded()))
        let margin = Int((Double(min(width, height)) * Self.margin).rounded())
        let sides = (width: width + 2 * margin, height: height + 2 * margin)
        // From the widened picture to the frame, about the frame's centre.
        let angle = degrees * .pi / 180
        let turn = Similarity(a: shrink * cos(angle), b: shrink * sin(angle), shiftX: 0, shiftY: 0)
        let middle = turn(Double(sides.width - 1) / 2, Double(sides.height - 1) / 2)
        let toFrame = Similarity(
            a: turn.a,
            b: turn.b,
            shiftX: Double(frame.width - 1) / 2 - middle.x,
            shiftY: Double(frame.height - 1) / 2 - middle.y
        )
        guard let picture = FrameSampler(frame).picture(width: sides.width, height: sides.height, by: toFrame) else {
            return []
        }
        let least = max(Double(cascade.width), Double(min(width, height)) * Self.leastPart)
        let windows = CascadeScan(cascade: cascade).windows(in: picture, minimumSide: least)
        return BoxGrouping.group(windows, minimumSupport: Self.minimumSupport)
            .map { box in
                let scale = box.side / FaceTemplate.box.side
                let toPicture = Similarity(
                    a: scale,
                    b: 0,
                    shiftX: box.x + box.side / 2 - scale * FaceTemplate.box.x,
                    shiftY: box.y + box.side / 2 - scale * FaceTemplate.box.y
                )
                return Face(placement: toFrame.after(toPicture), support: box.support)
            }
            .sorted { $0.width > $1.width }
    }
}
