/// A square in which a detector has seen a face, in pixels of the frame.
struct FaceBox: Hashable, Sendable {
    var x: Double
    var y: Double
    var side: Double
    /// How many windows agreed on it.
    var support: Int

    var right: Double { x + side }
    var bottom: Double { y + side }
}
