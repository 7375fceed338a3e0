import Commitments
import Multilinear
import Statement

/// Everything about a `match` proof that follows from its statement: rows, pairs, widths, gates, lengths.
///
/// The verifier derives the shape from the challenge alone and reads no length from the proof (attacks.md F9).
struct MatchShape: Sendable {
    /// A pair of vectors whose cosine must reach the threshold.
    struct Pair: Sendable {
        let first: Int
        let second: Int
        /// Width of `S - 1`.
        let innerProductWidth: Int
        /// Width of `2^16 S^2 - num N N'`.
        let thresholdWidth: Int
    }

    /// A quadratic form of two vectors (equal for a norm) that the match sumcheck proves.
    struct Form: Sendable {
        let first: Int
        let second: Int
        /// The gate that multiplies the vectors' masked evaluations.
        let evaluations: GateAllocator.Product
    }

    /// Wires of a pair's threshold test.
    struct PairWires: Sendable {
        /// S * S.
        let innerProductSquared: GateAllocator.Product
        /// N * N'.
        let normProduct: GateAllocator.Product
        let innerProductBits: [GateAllocator.Product]
        let thresholdBits: [GateAllocator.Product]
    }

    /// Size of the lookup table: the 255 embedding values and the zero of unused positions.
    static let tableCount = 2 * MatchBounds.entryBound + 2
    static let tableHeight = 8

    let dimension: Int
    let samples: Int
    let hasTemplate: Bool

    /// m: columns of the matrix.
    let columnCount: Int
    /// Embedding rows, the template row, multiplicity rows; in this order.
    let committedRowCount: Int
    let multiplicityRowCount: Int
    /// Vectors of the match: the embeddings, then the template.
    let vectorCount: Int
    let pairs: [Pair]
    /// Width of `N - E_min`.
    let normWidth: Int

    let lookup: LookupLayout
    /// Per round of the match sumcheck, the pads of g(0) and g(2).
    let matchRounds: [(zero: Wire, two: Wire)]
    /// Forms of the pairs in order, then the norms of all vectors.
    let forms: [Form]
    /// The pad of each vector's evaluation.
    let evaluationPads: [Wire]
    let opening: OpeningLayout
    let pairWires: [PairWires]
    /// The wire of each vector's norm.
    let normWires: [Wire]
    /// Bits of `N - E_min` of each embedding.
    let normBits: [[GateAllocator.Product]]
    /// The first gate that holds a value rather than pads.
    let firstValueGate: Int
    let copies: [(original: Wire, copy: Wire)]
    let gateCount: Int

    init(_ challenge: Challenge) {
        self.init(
            dimension: challenge.dimension,
            samples: challenge.samples,
            hasTemplate: challenge.role.usesTemplate
        )
    }

    init(dimension: Int, samples: Int, hasTemplate: Bool) {
        self.dimension = dimension
        self.samples = samples
        self.hasTemplate = hasTemplate
        columnCount = max(128, 1 << ceilLog2(dimension))
        multiplicityRowCount = max(1, Self.tableCount / columnCount)
        vectorCount = samples + (hasTemplate ? 1 : 0)
        committedRowCount = vectorCount + multiplicityRowCount
        pairs = Self.pairs(dimension: dimension, samples: samples, hasTemplate: hasTemplate)
        normWidth = bitLength(dimension * MatchBounds.entryBound * MatchBounds.entryBound)

        var allocator = GateAllocator()
        lookup = LookupLayout(
            trees: [
                .init(height: ceilLog2(samples) + ceilLog2(columnCount), hasUnitNumerators: true),
                .init(height: Self.tableHeight, hasUnitNumerators: false),
            ],
            pairs: [(column: 0, table: 1)],
            allocator: &allocator
        )

        matchRounds = (0..<ceilLog2(columnCount)).map { _ in (zero: allocator.single(), two: allocator.single()) }
        var pads = [Wire?](repeating: nil, count: vectorCount)
        var forms: [Form] = []
        for pair in pairs {
            let product = allocator.product(pads[pair.first], pads[pair.second])
            pads[pair.first] = pads[pair.first] ?? product.left
            pads[pair.second] = pads[pair.second] ?? product.right
            forms.append(Form(first: pair.first, second: pair.second, evaluations: product))
        }
        for vector in 0..<vectorCount {
            let square = allocator.square(pads[vector])
            pads[vector] = pads[vector] ?? square.left
            forms.append(Form(first: vector, second: vector, evaluations: square))
        }
        self.forms = forms
        evaluationPads = pads.compactMap { $0 }

        opening = OpeningLayout(
            rowCount: 1 << ceilLog2(committedRowCount),
            columnCount: columnCount,
            allocator: &allocator
        )

        allocator.closeHalfFreeGate()
        firstValueGate = allocator.gateCount
        var norms = [Wire?](repeating: nil, count: vectorCount)
        var pairWires: [PairWires] = []
        for pair in pairs {
            let square = allocator.square()
            let product = allocator.product(norms[pair.first], norms[pair.second])
            norms[pair.first] = norms[pair.first] ?? product.left
            norms[pair.second] = norms[pair.second] ?? product.right
            pairWires.append(
                PairWires(
                    innerProductSquared: square,
                    normProduct: product,
                    innerProductBits: (0..<pair.innerProductWidth).map { _ in allocator.bit() },
                    thresholdBits: (0..<pair.thresholdWidth).map { _ in allocator.bit() }
                )
            )
        }
        self.pairWires = pairWires
        normWires = norms.map { $0 ?? allocator.single() }
        let normWidth = normWidth
        normBits = (0..<samples).map { _ in (0..<normWidth).map { _ in allocator.bit() } }
        copies = allocator.copies
        gateCount = allocator.gateCount
    }

    private static func pairs(dimension: Int, samples: Int, hasTemplate: Bool) -> [Pair] {
        func pair(_ first: Int, _ second: Int, terms: Int) -> Pair {
            let bound = dimension * MatchBounds.entryBound * MatchBounds.entryBound * terms
            let width = bitLength(bound)
            return Pair(first: first, second: second, innerProductWidth: width, thresholdWidth: 16 + 2 * width)
        }
        var pairs: [Pair] = []
        if hasTemplate {
            pairs += (0..<samples).map { pair($0, samples, terms: MatchBounds.maximumSamples) }
        }
        for first in 0..<samples {
            for second in (first + 1)..<max(samples, first + 1) {
                pairs.append(pair(first, second, terms: 1))
            }
        }
        return pairs
    }

    /// Masked scalars in a proof.
    var maskedScalarCount: Int {
        lookup.maskedScalarCount + 2 * matchRounds.count + vectorCount + 2 * opening.rounds.count
    }
}
