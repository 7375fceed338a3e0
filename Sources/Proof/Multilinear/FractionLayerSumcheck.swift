import Ristretto255

/// One tree's part in the sumcheck that takes a claim on the nodes of a level to its children (p0, q0), (p1, q1).
///
/// The summand over x, eq being what the verifier divides out of each round (Gruen, ePrint 2024/108), is
///
///     eq(point, x) ( w (p0 q1 + p1 q0) + w' q0 q1 )        with the layer's weights w, w' of numerator, denominator
///                    = p0 b + q0 a                         b = w q1, a = w p1 + w' q1
///     and, where p0 = p1 = 1 (a column's leaves),
///                    = (q0 + c) a - c w                    a = w + w' q1, c = w / w'
///
/// so that it costs two products instead of five, or one, and every factor binds like any table. Before the first challenge
/// the factors are read from the tree, chunk by chunk; afterwards they are tables of their own, of half the size.
struct FractionLayerSumcheck {
    private let tree: any FractionLevels
    private let level: Int
    private let haveUnitNumerators: Bool
    private let numeratorWeight: Scalar
    private let denominatorWeight: Scalar
    /// w / w', where needed.
    private let ratio: Scalar
    /// The factors in pairs: (p0, b), (q0, a), or (q0 + c, a). Empty until the first challenge.
    private var factors: [TailedTable] = []
    /// Remaining nodes of each child.
    private var count: Int

    private static let chunk = 64

    init(
        tree: any FractionLevels,
        level: Int,
        haveUnitNumerators: Bool,
        numeratorWeight: Scalar,
        denominatorWeight: Scalar
    ) {
        self.tree = tree
        self.level = level
        self.haveUnitNumerators = haveUnitNumerators
        self.numeratorWeight = numeratorWeight
        self.denominatorWeight = denominatorWeight
        ratio = haveUnitNumerators ? numeratorWeight * denominatorWeight.inverse() : .zero
        count = 1 << level
    }

    private var factorCount: Int { haveUnitNumerators ? 2 : 4 }

    /// How many nodes of the children differ from the tail.
    private var explicitCount: Int {
        if factors.isEmpty { return min(count, tree.explicitCount(level: level + 1)) }
        return factors.reduce(0) { max($0, $1.values.count) }
    }

    /// Writes the factors of `range`, factor f from `output + f * stride` on.
    private func read(_ range: Range<Int>, into output: UnsafeMutablePointer<Scalar>, stride: Int) {
        guard factors.isEmpty else {
            for (index, table) in factors.enumerated() { table.read(range, into: output + index * stride) }
            return
        }
        let upper = range.lowerBound + count..<range.upperBound + count
        let scratch = output + factorCount * stride
        if haveUnitNumerators {
            let (q0, a) = (output, output + stride)
            tree.readWithTail(level: level + 1, range, numerators: scratch, denominators: q0)
            tree.readWithTail(level: level + 1, upper, numerators: scratch, denominators: a)
            for index in 0..<range.count {
                q0[index] += ratio
                a[index] = numeratorWeight + denominatorWeight * a[index]
            }
        } else {
            let (p0, b, q0, a) = (output, output + stride, output + 2 * stride, output + 3 * stride)
            tree.readWithTail(level: level + 1, range, numerators: p0, denominators: q0)
            tree.readWithTail(level: level + 1, upper, numerators: a, denominators: b)
            for index in 0..<range.count {
                a[index] = numeratorWeight * a[index] + denominatorWeight * b[index]
                b[index] *= numeratorWeight
            }
        }
    }

    /// The sums at 0 and 2 over x of eq(x) times the summand, the bound variable being the first.
    func roundSums(_ equality: EqualityWeights) -> (zero: Scalar, two: Scalar) {
        let half = count / 2
        let explicit = min(half, explicitCount)
        let run = min(Self.chunk, equality.run)
        let chunks = (explicit + run - 1) / run
        let pieces = chunks >= 16 ? 8 : 1
        var sums = [(zero: Scalar, two: Scalar)](repeating: (.zero, .zero), count: pieces)
        sums.withUnsafeMutableBufferPointer { output in
            // Sound: each piece writes its own element.
            nonisolated(unsafe) let output = output
            Parallel.forEach(pieces, parallel: true) { piece in
                output[piece] = partialSums(
                    Parallel.piece(piece, of: pieces, count: chunks),
                    run: run,
                    end: explicit,
                    half: half,
                    equality
                )
            }
        }
        var zero = sums.reduce(.zero) { $0 + $1.zero }
        var two = sums.reduce(.zero) { $0 + $1.two }
        if explicit < half {
            // Beyond the explicit nodes all factors are constant, so 0 and 2 give the same.
            let rest = equality.sum(from: explicit) * tailSummand
            zero += rest
            two += rest
        }
        if haveUnitNumerators {
            let constant = ratio * numeratorWeight
            zero -= constant
            two -= constant
        }
        return (zero, two)
    }

    /// The factors of one node.
    private func readNode(_ index: Int) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: factorCount + 1) { buffer, initialized in
            buffer.initialize(repeating: .zero)
            if let output = buffer.baseAddress { read(index..<index + 1, into: output, stride: 1) }
            initialized = buffer.count
        }
    }

    private var tailSummand: Scalar {
        let tails: [Scalar]
        if factors.isEmpty {
            // Explicit nodes end in the lower half, so any node of the upper half is tail.
            tails = readNode(count - 1)
        } else {
            tails = factors.map(\.tail)
        }
        return stride(from: 0, to: factorCount, by: 2).reduce(.zero) { $0 + tails[$1] * tails[$1 + 1] }
    }

    private func partialSums(
        _ chunks: Range<Int>,
        run: Int,
        end: Int,
        half: Int,
        _ equality: EqualityWeights
    ) -> (zero: Scalar, two: Scalar) {
        let width = (factorCount + 1) * run
        let lower = UnsafeMutablePointer<Scalar>.allocate(capacity: 2 * width)
        lower.initialize(repeating: .zero, count: 2 * width)
        defer { lower.deallocate() }
        let upper = lower + width
        var zero = Scalar.zero
        var two = Scalar.zero
        for chunk in chunks {
            let range = chunk * run..<min(end, (chunk + 1) * run)
            read(range, into: lower, stride: run)
            read(half + range.lowerBound..<half + range.upperBound, into: upper, stride: run)
            var sumAtZero = ScalarAccumulator()
            var sumAtTwo = ScalarAccumulator()
            let first = range.lowerBound & (equality.run - 1)
            equality.low.withUnsafeBufferPointer { weights in
                for index in 0..<range.count {
                    var atZero = Scalar.zero
                    var atTwo = Scalar.zero
                    var pair = index
                    for _ in 0..<factorCount / 2 {
                        let (u0, v0) = (lower[pair], lower[pair + run])
                        let (u1, v1) = (upper[pair], upper[pair + run])
                        atZero += u0 * v0
                        atTwo += (u1 + u1 - u0) * (v1 + v1 - v0)
                        pair += 2 * run
                    }
                    let weight = weights[first + index]
                    sumAtZero.add(weight, times: atZero)
                    sumAtTwo.add(weight, times: atTwo)
                }
            }
            let high = equality.high[range.lowerBound / equality.run]
            zero += high * sumAtZero.reduced()
            two += high * sumAtTwo.reduced()
        }
        return (zero, two)
    }

    mutating func bind(to challenge: Scalar) {
        let half = count / 2
        if factors.isEmpty {
            factors = boundFactors(half: half, challenge)
        } else {
            for index in factors.indices { factors[index].bindFirst(half: half, to: challenge) }
        }
        count = half
    }

    /// The tables after the first challenge, from the tree.
    private func boundFactors(half: Int, _ challenge: Scalar) -> [TailedTable] {
        let nodes = tree.explicitCount(level: level + 1)
        let explicit = [min(half, nodes), min(half, max(0, nodes - count))]
        // Factors of child 0 and of child 1 alternate.
        let counts = (0..<factorCount).map { explicit[$0 % 2] }
        let outputs = counts.map { UnsafeMutableBufferPointer<Scalar>.allocate(capacity: $0) }
        let run = Self.chunk
        let chunks = (explicit[0] + run - 1) / run
        let pieces = chunks >= 16 ? 8 : 1
        // Sound: the pieces initialise disjoint elements.
        nonisolated(unsafe) let destinations = outputs
        Parallel.forEach(pieces, parallel: true) { piece in
            let width = (factorCount + 1) * run
            let lower = UnsafeMutablePointer<Scalar>.allocate(capacity: 2 * width)
            lower.initialize(repeating: .zero, count: 2 * width)
            defer { lower.deallocate() }
            let upper = lower + width
            for chunk in Parallel.piece(piece, of: pieces, count: chunks) {
                let range = chunk * run..<min(explicit[0], (chunk + 1) * run)
                read(range, into: lower, stride: run)
                read(half + range.lowerBound..<half + range.upperBound, into: upper, stride: run)
                for (table, output) in destinations.enumerated() {
                    for index in range.lowerBound..<max(range.lowerBound, min(range.upperBound, output.count)) {
                        let offset = table * run + index - range.lowerBound
                        output.initializeElement(
                            at: index,
                            to: lower[offset] + challenge * (upper[offset] - lower[offset])
                        )
                    }
                }
            }
        }
        return zip(outputs, tailFactors).map { output, tail in
            defer { output.deallocate() }
            return TailedTable(values: Array(output), tail: tail)
        }
    }

    /// The factors of a node beyond the explicit ones of both children.
    private var tailFactors: [Scalar] {
        let tail = tree.tail(level: level + 1)
        if haveUnitNumerators {
            return [tail.denominator + ratio, numeratorWeight + denominatorWeight * tail.denominator]
        }
        return [
            tail.numerator, numeratorWeight * tail.denominator, tail.denominator,
            numeratorWeight * tail.numerator + denominatorWeight * tail.denominator,
        ]
    }

    /// The children's values once every variable is bound.
    var values: (p0: Scalar, p1: Scalar, q0: Scalar, q1: Scalar) {
        let last = readNode(0)
        if haveUnitNumerators {
            return (.one, .one, last[0] - ratio, (last[1] - numeratorWeight) * denominatorWeight.inverse())
        }
        let inverse = numeratorWeight.inverse()
        let q1 = last[1] * inverse
        return (last[0], (last[3] - denominatorWeight * q1) * inverse, last[2], q1)
    }
}
