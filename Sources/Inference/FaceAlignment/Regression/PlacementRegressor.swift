import Glibc

/// Moves a rough placement of the template onto the face: some linear steps, each on the gradient histograms seen
/// through the placement so far ("supervised descent").
///
/// Trained on Labeled Faces in the Wild by `training/train_alignment.py`; docs/alignment.md is its model card.
struct PlacementRegressor: Sendable {
    /// A linear function of the features, with entries in 1/127 of the greatest.
    struct Projection: Sendable {
        var scale: Float
        var bias: Float
        var weights: [Int8]

        func callAsFunction(_ features: [Float]) -> Double {
            var sum: Float = 0
            for (weight, feature) in zip(weights, features) { sum += Float(weight) * feature }
            return Double(sum * scale + bias)
        }
    }

    struct Step: Sendable {
        var window: TemplateWindow
        /// Growth and turn in 1/50, then shifts in template pixels.
        var projections: [Projection]
    }

    let steps: [Step]
    /// What the last two functions look at.
    let window: TemplateWindow
    /// The cosine of the features to those of the mean face.
    let likeness: Projection
    /// How far the face is turned to a side, in standard deviations over the training faces; signed.
    let turn: Projection

    /// The placement, from template to frame, after all steps.
    func refine(_ start: Similarity, in frame: FrameSampler) -> Similarity {
        steps.reduce(start) { placement, step in
            let features = OrientationHistogram.features(of: frame, step.window, through: placement)
            let moves = step.projections.map { min(max($0(features), -40), 40) }
            return placement.after(
                Similarity(
                    a: 1 + min(max(moves[0] / 50, -0.5), 0.5),
                    b: min(max(moves[1] / 50, -0.7), 0.7),
                    about: FaceTemplate.centre,
                    shiftX: moves[2],
                    shiftY: moves[3]
                )
            )
        }
    }

    /// Likeness and turn of what the template shows through a placement.
    func describe(_ placement: Similarity, in frame: FrameSampler) -> (likeness: Double, turn: Double) {
        let features = OrientationHistogram.features(of: frame, window, through: placement)
        let length = features.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return (likeness(features) / Double(max(length, 1e-6)), turn(features))
    }

    /// The shipped regressor.
    static let shipped = PlacementRegressor(decoding: PackageResources.face112_regressor)
}

extension PlacementRegressor {
    static let magic = Array("SMBLFACE".utf8)

    /// "SMBLFACE", u16 version, u8 count of steps, then steps: window, four projections; then window, likeness, turn.
    /// A window is three f32, a projection f32 scale, f32 bias and the weights as i8. Little-endian.
    ///
    /// - Returns: nil where the bytes are anything else.
    init?(decoding bytes: [UInt8]) {
        var rest = bytes[...]
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func number() -> Float? {
            guard let bytes = take(4) else { return nil }
            let value = Float(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
            return value.isFinite ? value : nil
        }
        func window() -> TemplateWindow? {
            guard let x = number(), let y = number(), let side = number(), 1...200 ~= side else { return nil }
            return TemplateWindow(x: Double(x), y: Double(y), side: Double(side))
        }
        func projection() -> Projection? {
            guard let scale = number(), let bias = number(), let weights = take(OrientationHistogram.count) else {
                return nil
            }
            return Projection(scale: scale, bias: bias, weights: weights.map { Int8(bitPattern: $0) })
        }
        guard take(8).map(Array.init) == Self.magic, take(2).map(Array.init) == [1, 0], let count = take(1)?.first,
            1...16 ~= count
        else { return nil }
        var steps: [Step] = []
        for _ in 0..<count {
            guard let window = window() else { return nil }
            let projections = (0..<4).compactMap { _ in projection() }
            guard projections.count == 4 else { return nil }
            steps.append(Step(window: window, projections: projections))
        }
        guard let window = window(), let likeness = projection(), let turn = projection(), rest.isEmpty else {
            return nil
        }
        self.init(steps: steps, window: window, likeness: likeness, turn: turn)
    }
}
