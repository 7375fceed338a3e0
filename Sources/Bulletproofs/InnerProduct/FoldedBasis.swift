import Dispatch
import Ristretto255

/// The generators of one side of an inner-product argument, with the halvings since the last fold kept as factors.
///
/// With the vectors at length `n'`, the generator that belongs to element `i` is the sum of
/// `factors[i + j n'] * points[i + j n']` over all `j`. A halving then costs one scalar multiplication per point and no
/// group operation; ``fold(to:)`` carries the sums out when that makes the remaining rounds cheaper.
struct FoldedBasis {
    private(set) var points: [RistrettoPoint]
    private var factors: [Scalar]
    /// Whether every factor is one, so that multiplying by it can be left out.
    private var isPlain: Bool

    /// A basis of as many points as factors; nil stands for ones.
    init(points: [RistrettoPoint], factors: [Scalar]?) {
        self.points = points
        self.factors = factors ?? Array(repeating: .one, count: points.count)
        isPlain = factors == nil
    }

    /// Appends to an MSM the inner product of `vector` (of `length / 2` elements) with the upper or the lower half of the
    /// generators.
    func append(
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
    mutating func scaleHalves(length: Int, lower: Scalar, upper: Scalar) {
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
    mutating func fold(to length: Int) {
        guard points.count > length else { return }
        let terms = points.count / length
        let source = (points: points, factors: factors)
        points = [RistrettoPoint](unsafeUninitializedCapacity: length) { buffer, initialised in
            // Sound: the pieces write to disjoint elements, and all are done when concurrentPerform returns.
            nonisolated(unsafe) let output = buffer
            let pieces = min(length, 4)
            DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                var scalars = Array(repeating: Scalar.zero, count: terms)
                var bases = Array(repeating: RistrettoPoint.identity, count: terms)
                for index in stride(from: piece, to: length, by: pieces) {
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
