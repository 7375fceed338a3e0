import Ristretto255

/// A linear combination of points that must be the identity. Several equations merge into one multiscalar
/// multiplication under random weights.
package struct GroupEquation: Sendable {
    package private(set) var scalars: [Scalar] = []
    package private(set) var points: [RistrettoPoint] = []

    package init() {}

    package mutating func add(_ scalar: Scalar, _ point: RistrettoPoint) {
        scalars.append(scalar)
        points.append(point)
    }

    package mutating func add(_ other: GroupEquation, times weight: Scalar) {
        scalars.append(contentsOf: other.scalars.map { $0 * weight })
        points.append(contentsOf: other.points)
    }

    /// Variable time: every input is public.
    package var holds: Bool {
        RistrettoPoint.multiscalarMultiply(scalars, points) == .identity
    }
}
