import Glibc
import IntegerNetwork
import Models

/// A small integer network that says where a finger lies; nobody proves it. Its card is docs/models/fingerprint-v2.md.
struct FingerLocaliser: Sendable {
    /// x and y in units of `reach`, sine and cosine, each so many times; the mean counts.
    private static let copies = 31
    /// The last outputs stand for 1: the network tells its own scale.
    private static let units = 4
    /// Millimetres.
    private static let reach = 8.0

    private let network: IntegerNetwork

    /// Nil where the network has another shape.
    init?(_ network: IntegerNetwork) {
        guard network.input == TensorShape(channels: 1, height: FingerFrame.height, width: FingerFrame.width),
            network.dimension == 4 * Self.copies + Self.units
        else { return nil }
        self.network = network
    }

    /// - Returns: nil where the answer is none: no scale, or no direction.
    func pose(of evened: [UInt8]) -> FingerPose? {
        guard let answers = try? network.embed(evened).map(Double.init) else { return nil }
        func mean(_ range: Range<Int>) -> Double { answers[range].reduce(0, +) / Double(range.count) }
        let parts = (0..<4).map { mean($0 * Self.copies..<($0 + 1) * Self.copies) }
        let one = mean(4 * Self.copies..<answers.count)
        guard one > 0, parts[2] != 0 || parts[3] != 0 else { return nil }
        return FingerPose(
            x: Self.reach * parts[0] / one,
            y: Self.reach * parts[1] / one,
            turn: atan2(parts[2], parts[3])
        )
    }
}

/// Where a finger lies in a frame.
public struct FingerPose: Hashable, Sendable, Codable {
    /// The reference point (the upper core, or the middle of an arch's bulge) in millimetres from the frame's middle; x to the
    /// right, y upwards.
    public var x: Double
    public var y: Double
    /// The finger's turn in radians, anticlockwise.
    public var turn: Double
}
