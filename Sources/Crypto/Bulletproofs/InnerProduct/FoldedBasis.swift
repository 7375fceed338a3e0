import Ristretto255

/// The generators of one side of an inner-product argument, with the halvings since the last fold kept as factors.
///
/// With the vectors at length `n'`, the generator that belongs to element `i` is the sum of
/// `factors[i + j n'] * points[i + j n']` over all `j`. A halving then costs one scalar multiplication per point and no
/// group operation; ``fold(to:)`` carries the sums out when that makes the remaining rounds cheaper.
package struct FoldedBasis {
    package private(set) var points: [RistrettoPoint]
    private var factors: [Scalar]
    /// Whether every factor is one, so that multiplying by it can be left out.
    private var isPlain: Bool

    /// A basis of as many points as factors; nil stands for ones.
    package init(points: [RistrettoPoint], factors: [Scalar]?) {
        self.points = points
        self.factors = factors ?? Array(repeating: .one, count: points.count)
        isPlain = factors == nil
    }

    /// Appends to an MSM the inner product of `vector` (of `length / 2` elements) with the upper or the lower half of the
    /// generators.
    package func append(
        _ vector: ArraySlice<Scalar>,
        length: Int,
        upper: Bool,
        to sum: inout (scalars: [Scalar], points: [RistrettoPoint])
    ) {
        let half = length / 2
        let offset = upper ? half : 0
        sum.scalars.reserveCapacity(sum.scalars.count + points.count)
        sum.points.reserveCapacity(sum.points.count + points.count)
        for block in stride(from: offset, to: points.count, by: length) {
            sum.points.append(contentsOf: points[block..<(block + half)])
            if isPlain {
                sum.scalars.append(contentsOf: vector)
            } else {
                for (value, factor) in zip(vector, factors[block..<(block + half)]) {
                    sum.scalars.append(value * factor)
                }
            }
        }
    }

    /// Halves the generators: the lower half times `lower` plus the upper half times `upper`.
    package mutating func scaleHalves(length: Int, lower: Scalar, upper: Scalar) {
        let half = length / 2
        for block in stride(from: 0, to: points.count, by: length) {
            for index in block..<(block + half) {
                factors[index] *= lower
                factors[index + half] *= upper
            }
        }
        isPlain = false
    }

    /// Carries out the pending sums, on all cores, so that there are `length` points with factor one.
    package mutating func fold(to length: Int) {
        guard points.count > length else { return }
        let terms = points.count / length
        let source = (points: points, factors: factors)
        points = [RistrettoPoint](unsafeUninitializedCapacity: length) { buffer, initialised in
            // Sound: the pieces write to disjoint elements, and all are done when forEachPiece returns.
            nonisolated(unsafe) let output = buffer
            // 252 doublings, and for each term a table and some additions.
            Parallel.forEachPiece(count: length, cost: 22_000 + 5_000 * terms) { range in
                var scalars = Array(repeating: Scalar.zero, count: terms)
                var bases = Array(repeating: RistrettoPoint.identity, count: terms)
                for index in range {
                    for term in 0..<terms {
                        scalars[term] = source.factors[index + term * length]
                        bases[term] = source.points[index + term * length]
                    }
                    output.initializeElement(at: index, to: RistrettoPoint.multiscalarMultiply(scalars, bases))
                }
            }
            initialised = length
        }
        factors = Array(repeating: .one, count: length)
        isPlain = true
    }
}

/// When the prover of an inner-product argument folds its generators.
///
/// Without a fold each round multiplies all the original generators by scalars that carry the challenges; a fold replaces
/// them by fewer, at the cost of one small multi-scalar multiplication for each that remains. The plan minimises the
/// modelled time, and has no influence on the proof's bytes.
package struct FoldingPlan: Sendable {
    /// The vector lengths at which the generators are folded before the round.
    package let foldLengths: [Int]

    /// No fold: every round multiplies the original generators.
    static let never = FoldingPlan(foldLengths: [])

    init(foldLengths: [Int]) {
        self.foldLengths = foldLengths
    }

    /// The plan of least cost for vectors of `length` elements, a power of two.
    package static func standard(length: Int) -> FoldingPlan {
        // best[k]: least cost, and the number of rounds before the next fold, for 2^k generators on either side.
        var best: [(cost: Double, rounds: Int)] = [(0, 0)]
        for k in 1..<max(2, logarithm(length) + 1) {
            let round = 2 * multiplicationCost((1 << k) + 1)
            var choice = (cost: Double(k) * round, rounds: k)
            for rounds in 1..<max(1, k) {
                let fold = Double(2 << (k - rounds)) * multiplicationCost(1 << rounds)
                let cost = Double(rounds) * round + fold + best[k - rounds].cost
                if cost < choice.cost { choice = (cost, rounds) }
            }
            best.append(choice)
        }
        var lengths: [Int] = []
        var k = logarithm(length)
        while k > 0 {
            k -= best[k].rounds
            if k > 0 { lengths.append(1 << k) }
        }
        return FoldingPlan(foldLengths: lengths)
    }

    /// Modelled time of a variable-time multi-scalar multiplication, in tenths of a microsecond on one core: Straus's
    /// method for few points, the bucket method for many. Only ratios matter.
    private static func multiplicationCost(_ points: Int) -> Double {
        points < 190 ? 220 + 46 * Double(points) : 2700 + 33 * Double(points)
    }
}
