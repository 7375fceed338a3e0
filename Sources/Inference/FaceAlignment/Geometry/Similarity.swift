import Glibc

/// Rotation, scaling and shift in the plane: (x, y) to (a x - b y + shiftX, b x + a y + shiftY).
///
/// Coordinates are those of pixel centres: the first pixel of an image is at (0, 0).
public struct Similarity: Hashable, Sendable {
    public var a: Double
    public var b: Double
    public var shiftX: Double
    public var shiftY: Double

    public init(a: Double, b: Double, shiftX: Double, shiftY: Double) {
        self.a = a
        self.b = b
        self.shiftX = shiftX
        self.shiftY = shiftY
    }

    public static let identity = Similarity(a: 1, b: 0, shiftX: 0, shiftY: 0)

    /// By how much lengths grow.
    public var scale: Double { (a * a + b * b).squareRoot() }

    public func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        (a * x - b * y + shiftX, b * x + a * y + shiftY)
    }

    /// First `inner`, then this.
    public func after(_ inner: Similarity) -> Similarity {
        let shift = self(inner.shiftX, inner.shiftY)
        return Similarity(
            a: a * inner.a - b * inner.b,
            b: a * inner.b + b * inner.a,
            shiftX: shift.x,
            shiftY: shift.y
        )
    }

    /// - Returns: nil where everything falls onto one point.
    public var inverse: Similarity? {
        let square = a * a + b * b
        guard square > 0, square.isFinite else { return nil }
        let linear = Similarity(a: a / square, b: -b / square, shiftX: 0, shiftY: 0)
        let shift = linear(shiftX, shiftY)
        return Similarity(a: linear.a, b: linear.b, shiftX: -shift.x, shiftY: -shift.y)
    }

    /// Turns and grows about a point, then shifts.
    init(a: Double, b: Double, about centre: (x: Double, y: Double), shiftX: Double, shiftY: Double) {
        self.init(a: a, b: b, shiftX: 0, shiftY: 0)
        let moved = self(centre.x, centre.y)
        self.shiftX = centre.x - moved.x + shiftX
        self.shiftY = centre.y - moved.y + shiftY
    }
}

extension Similarity {
    /// The turn in degrees; clockwise in a picture, whose y axis points down.
    public var angle: Double { atan2(b, a) * 180 / .pi }
}
