/// Where a finger lies in a frame.
public struct FingerPose: Hashable, Sendable, Codable {
    /// The reference point (the upper core, or the middle of an arch's bulge) in millimetres from the frame's middle; x to the
    /// right, y upwards.
    public var x: Double
    public var y: Double
    /// The finger's turn in radians, anticlockwise.
    public var turn: Double
}
