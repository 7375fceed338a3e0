import AlignmentTestSupport
import Foundation
import Imaging

/// A face drawn by rule: an ellipsoid with features at the template's places, lit by one lamp, seen by one camera. Only what part
/// of the light the skin returns differs from one to another.
struct DrawnFace {
    /// Parts of the light that skin returns: pale, medium, dark and very dark.
    static let skins = [0.5, 0.24, 0.12, 0.09]

    var skin: Double
    /// The lamp's strength; at 1 a white wall is nearly white.
    var lamp = 1.0
    /// Seeds the camera's noise, of so many grey levels.
    var seed: UInt64 = 1
    var grain = 0.0

    /// Pixels of one unit of the template.
    private static let scale = 1.6
    static let side = Int(1.9 * 112 * scale)

    /// 340 x 340, the face in the middle.
    func picture() throws -> GrayImage {
        let noise = try Pictures.noise(Self.side, Self.side, seed: seed).pixels
        return try Pictures.make(Self.side, Self.side) { column, row in
            var light = 0.0
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let x = (Double(column) + dx - Double(Self.side) / 2) / Self.scale + 56
                let y = (Double(row) + dy - Double(Self.side) / 2) / Self.scale + 64
                light += radiance(x, y) / 4
            }
            // The camera's curve, which all pictures have.
            let grey = 255 * pow(min(lamp * light, 1), 1 / 2.2)
            return Int((grey + grain * (Double(noise[row * Self.side + column]) - 127.5) / 73.6).rounded())
        }
    }

    /// What a point of the template sends to the camera, 1 being a white wall.
    private func radiance(_ x: Double, _ y: Double) -> Double {
        func spot(_ atX: Double, _ atY: Double, _ reachX: Double, _ reachY: Double) -> Double {
            exp(-pow((x - atX) / reachX, 2) - pow((y - atY) / reachY, 2))
        }
        /// 1 within an ellipse, 0 outside, over a soft edge.
        func disc(_ atX: Double, _ atY: Double, _ reachX: Double, _ reachY: Double, edge: Double = 8) -> Double {
            let distance = (pow((x - atX) / reachX, 2) + pow((y - atY) / reachY, 2)).squareRoot()
            return 1 / (1 + exp(edge * (distance - 1)))
        }
        let head = disc(56, 62, 40, 56, edge: 25)
        let hair = disc(56, 50, 45, 58, edge: 25) * (1 - disc(56, 74, 37, 54, edge: 14))
        // The ellipsoid's normal, a lamp above the camera, and light from all around.
        let (u, v) = ((x - 56) / 44, (y - 62) / 62)
        let depth = max(0, 1 - u * u - v * v).squareRoot()
        var shade = 0.35 + 0.65 * max(0, 0.9 * depth - 0.42 * v)
        // Sockets and what lies below nose and lip are in shadow; the nose's ridge and the cheeks face the lamp.
        shade *= 1 - 0.45 * (spot(38.3, 49, 12, 7) + spot(73.5, 49, 12, 7)) - 0.35 * spot(56, 80, 9, 4)
        shade *= 1 - 0.25 * spot(56, 100, 11, 4) + 0.16 * spot(56, 64, 5, 14)
        shade *= 1 + 0.1 * (spot(36, 72, 10, 9) + spot(76, 72, 10, 9))
        var albedo = skin
        for eye in [38.3, 73.5] {
            let white = disc(eye, 51.8, 7.5, 3.2)
            albedo += (0.3 - albedo) * white * 0.8
            albedo += (0.03 - albedo) * disc(eye, 51.6, 3.3, 3.3)
            albedo += (0.01 - albedo) * 0.85 * disc(eye, 41.5, 11, 2.4)
            albedo *= 1 - 0.6 * spot(eye, 48.6, 9, 1.6)
        }
        for nostril in [51.0, 61.0] { albedo += (0.02 - albedo) * 0.7 * disc(nostril, 77, 2.6, 1.7) }
        albedo *= 1 - 0.45 * disc(56, 92.3, 15, 4.5) - 0.45 * disc(56, 92.3, 14, 1.2)
        // Skin shines by its surface too, whatever its colour.
        let shine = 0.05 * pow(max(0, depth * 0.98 - 0.2 * v), 12)
        let face = albedo * shade + shine
        let wall = 0.12
        var light = wall + (face - wall) * head
        light += (0.01 - light) * hair
        return light
    }
}
