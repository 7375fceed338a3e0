import Ristretto255
import Transcript

/// What is left of a proof's verification when every challenge is known: the claim that one linear combination of
/// points is the identity.
///
/// Coefficients of the fixed generators are kept by index, so that several equations over the same generators add up to
/// one (``add(_:weight:)``), and a batch of proofs costs one multi-scalar multiplication. Each equation but one must be
/// scaled by an independent random weight that the provers cannot foresee: then a sum over equations of which one is
/// false is the identity with probability 1/l.
public struct VerificationEquation: Sendable {
    /// Coefficient of ``PedersenGenerators/base``.
    public var base: Scalar
    /// Coefficient of ``PedersenGenerators/blindingBase``.
    public var blindingBase: Scalar
    /// Coefficients of the generators G: `g[party][index]`.
    public var g: [[Scalar]]
    /// Coefficients of the generators H: `h[party][index]`.
    public var h: [[Scalar]]
    /// Coefficients of ``points``.
    public var scalars: [Scalar]
    /// The proof's own points.
    public var points: [RistrettoPoint]

    /// The empty equation, which holds.
    public init() {
        base = .zero
        blindingBase = .zero
        g = []
        h = []
        scalars = []
        points = []
    }

    /// Adds a term for a point of the proof. Throws ``BulletproofError/verificationError`` if it does not decode.
    package mutating func append(_ scalar: Scalar, _ point: CompressedRistretto) throws(BulletproofError) {
        guard let decoded = point.decompress() else { throw .verificationError }
        scalars.append(scalar)
        points.append(decoded)
    }

    /// Adds `weight` times another equation.
    public mutating func add(_ other: VerificationEquation, weight: Scalar) {
        base += weight * other.base
        blindingBase += weight * other.blindingBase
        Self.add(other.g, weight: weight, to: &g)
        Self.add(other.h, weight: weight, to: &h)
        scalars.append(contentsOf: other.scalars.map { weight * $0 })
        points.append(contentsOf: other.points)
    }

    private static func add(_ source: [[Scalar]], weight: Scalar, to target: inout [[Scalar]]) {
        for (party, row) in source.enumerated() {
            if party == target.count { target.append([]) }
            let missing = row.count - target[party].count
            if missing > 0 { target[party].append(contentsOf: repeatElement(.zero, count: missing)) }
            for index in row.indices {
                target[party][index] += weight * row[index]
            }
        }
    }

    /// The whole linear combination as parallel arrays: the two Pedersen bases, the generators, then the proof's points.
    ///
    /// Throws ``BulletproofError/insufficientGenerators`` if the equation names a generator that is not there.
    public func terms(
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators
    ) throws(BulletproofError) -> (scalars: [Scalar], points: [RistrettoPoint]) {
        var scalars = [base, blindingBase]
        var points = [pedersen.base, pedersen.blindingBase]
        let total = 2 + 2 * g.reduce(0) { $0 + $1.count } + self.scalars.count
        scalars.reserveCapacity(total)
        points.reserveCapacity(total)
        for (coefficients, bases) in [(g, generators.g), (h, generators.h)] {
            guard coefficients.count <= bases.count else { throw .insufficientGenerators }
            for (row, chain) in zip(coefficients, bases) {
                guard row.count <= chain.count else { throw .insufficientGenerators }
                scalars.append(contentsOf: row)
                points.append(contentsOf: chain.prefix(row.count))
            }
        }
        scalars.append(contentsOf: self.scalars)
        points.append(contentsOf: self.points)
        return (scalars, points)
    }

    /// Evaluates the combination. Throws ``BulletproofError/verificationError`` unless it is the identity.
    public func verify(
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators
    ) throws(BulletproofError) {
        let (scalars, points) = try terms(generators: generators, pedersen: pedersen)
        guard RistrettoPoint.multiscalarMultiply(scalars, points) == .identity else { throw .verificationError }
    }

    /// Verifies a batch in one multi-scalar multiplication, each equation under a fresh random weight.
    ///
    /// `randomness` must be cryptographically secure. A failure does not tell which of the equations failed.
    public static func verify(
        batch equations: [VerificationEquation],
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        using randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) {
        var sum = VerificationEquation()
        for equation in equations {
            sum.add(equation, weight: .random(using: &randomness))
        }
        try sum.verify(generators: generators, pedersen: pedersen)
    }
}
