import Bulletproofs
import Commitments
import Ristretto255

/// A linear combination of points that must be the identity: all that is left to check of an argument once its challenges are
/// known.
///
/// Coefficients of generators and other shared points are kept by set and index, so that equations of one proof or of many
/// add up, under random weights, to one multiscalar multiplication in which each of them occurs once, prepared once for each
/// process. Everything is public: variable time.
package struct Equation: Sendable {
    /// The points that equations share. A set is a sequence that does not depend on its length, and an equation names a
    /// prefix of it.
    package enum PointSet: Hashable, Sendable {
        /// `G_0, G_1, ..` of the rows.
        case rowColumns
        /// H, U of the rows: blinding, inner product.
        case rowBases
        /// G and H of the closing argument.
        case closingG
        case closingH
        /// Value and blinding base of Pedersen commitments.
        case pedersen
        /// Row commitments that are no generators, but in the statements of many proofs.
        case rows(SharedRows)
    }

    private var coefficients: [PointSet: [Scalar]] = [:]
    private var scalars: [Scalar] = []
    private var points: [RistrettoPoint] = []

    /// The empty equation, which holds.
    package init() {}

    /// The closing argument's equation, over the standard Pedersen generators.
    ///
    /// - Throws: `insufficientGenerators` for one of several parties, which no circuit is.
    package init(_ closing: VerificationEquation) throws(BulletproofError) {
        guard closing.g.count <= 1, closing.h.count <= 1 else { throw .insufficientGenerators }
        add([closing.base, closing.blindingBase], of: .pedersen)
        add(closing.g.first ?? [], of: .closingG)
        add(closing.h.first ?? [], of: .closingH)
        scalars = closing.scalars
        points = closing.points
    }

    /// Adds a term for a point of the proof.
    package mutating func add(_ scalar: Scalar, _ point: RistrettoPoint) {
        scalars.append(scalar)
        points.append(point)
    }

    /// Adds the sum of `factors[i]` times the point i of a set.
    package mutating func add(_ factors: [Scalar], of set: PointSet) {
        change(set, atLeast: factors.count) { sums in
            for index in factors.indices { sums[index] += factors[index] }
        }
    }

    /// Adds `weight` times another equation.
    package mutating func add(_ other: Equation, times weight: Scalar) {
        for (set, factors) in other.coefficients {
            change(set, atLeast: factors.count) { sums in
                for index in factors.indices { sums[index] += weight * factors[index] }
            }
        }
        scalars.append(contentsOf: other.scalars.map { $0 * weight })
        points.append(contentsOf: other.points)
    }

    /// Changes the coefficients of at least so many points of a set; those that had none have zero.
    private mutating func change(_ set: PointSet, atLeast count: Int, by change: (inout [Scalar]) -> Void) {
        // Taken out meanwhile, so that they are not copied.
        var sums = coefficients.removeValue(forKey: set) ?? []
        let missing = count - sums.count
        if missing > 0 { sums.append(contentsOf: repeatElement(.zero, count: missing)) }
        change(&sums)
        coefficients[set] = sums
    }

    /// What the combination sums up to.
    package var value: RistrettoPoint {
        let fixed = coefficients.map { (scalars: $1, points: $0.points(count: $1.count)) }
        return RistrettoPoint.multiscalarMultiply(scalars, points, fixed: fixed)
    }

    /// Whether the combination is the identity.
    package var holds: Bool { value == .identity }
}

// MARK: - Batches

extension Equation {
    /// The sum of equations, each but the first under a fresh random weight: it holds if they all do, and where one does not
    /// it fails but for a probability of 2^-252.
    ///
    /// - Parameter randomness: unpredictable to whoever made the proofs.
    package static func combined(
        _ equations: some Sequence<Equation>,
        using randomness: inout some RandomNumberGenerator
    ) -> Equation {
        var sum: Equation?
        for equation in equations {
            if sum == nil { sum = equation } else { sum?.add(equation, times: .random(using: &randomness)) }
        }
        return sum ?? Equation()
    }

    /// Whether all hold, in one multiscalar multiplication.
    package static func hold(
        _ equations: some Sequence<Equation>,
        using randomness: inout some RandomNumberGenerator
    ) -> Bool {
        combined(equations, using: &randomness).holds
    }

    /// Indices of the equations that do not hold: one multiplication where all do, and two more for each halving on the way
    /// to one that does not.
    package static func failures(
        in equations: [Equation],
        using randomness: inout some RandomNumberGenerator
    ) -> [Int] {
        var failures: [Int] = []
        var ranges = [equations.indices]
        while let range = ranges.popLast() {
            if range.isEmpty || hold(equations[range], using: &randomness) { continue }
            if range.count == 1 {
                failures.append(range.lowerBound)
            } else {
                let middle = range.lowerBound + range.count / 2
                ranges.append(middle..<range.upperBound)
                ranges.append(range.lowerBound..<middle)
            }
        }
        return failures
    }
}

// MARK: - Points

extension Equation.PointSet {
    /// At least `count` of the set's points, prepared.
    fileprivate func points(count: Int) -> PrecomputedPoints {
        switch self {
        case .rowColumns: RowGenerators.forWidth(1 << ceilLog2(count)).precomputed
        case .rowBases: Self.preparedRowBases
        case .closingG: ClosingGenerators.prepared(count: count).g
        case .closingH: ClosingGenerators.prepared(count: count).h
        case .pedersen: Self.preparedPedersen
        case .rows(let shared): shared.points
        }
    }

    private static let preparedRowBases: PrecomputedPoints = {
        // The bases are the same at every width.
        let generators = RowGenerators.forWidth(1)
        return PrecomputedPoints([generators.blinding, generators.innerProduct])
    }()

    private static let preparedPedersen = PrecomputedPoints([
        PedersenGenerators.standard.base, PedersenGenerators.standard.blindingBase,
    ])
}
