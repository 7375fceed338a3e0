import Ristretto255

/// One term of an opening during the rounds over its columns: secret values under weights that are a tensor product.
///
/// The factors are taken as two, outer and inner, of about the square root of the columns each. As long as an outer variable
/// is left, the inner ones are summed over: the rounds work on sums of values times inner weights, one for each outer index.
/// After that the values are bound to all outer challenges at once. Both cost one unreduced product a value, where a table
/// of all weights would cost eight products.
struct TensorTable: SumcheckTerm {
    /// Of the variables that are being bound; the weights carry what earlier ones left.
    private var table: SumcheckTable
    /// The values, outer index slowest, and the inner weights; empty once the outer variables are bound.
    private var values: [Scalar]
    private let inner: [Scalar]
    private var challenges: [Scalar] = []

    /// - Parameters:
    ///   - factors: slowest index first; their lengths' product is the number of values.
    init(factors: [[Scalar]], values: [Scalar]) {
        var outer: [Scalar] = [.one]
        var rest = factors[...]
        while let next = rest.first,
            outer.count == 1 || outer.count * next.count * outer.count * next.count <= values.count
        {
            outer = Scalar.tensorProduct(outer, next)
            rest.removeFirst()
        }
        let inner = rest.reduce([Scalar.one]) { Scalar.tensorProduct($0, $1) }
        self.inner = inner
        self.values = values
        let sums = values.withUnsafeBufferPointer { values in
            inner.withUnsafeBufferPointer { inner in
                outer.indices.map { index in
                    let start = index * inner.count
                    return Scalar.innerProduct(
                        UnsafeBufferPointer(rebasing: values[start..<start + inner.count]),
                        inner
                    )
                }
            }
        }
        table = SumcheckTable(weights: outer, values: sums)
    }

    var size: Int { table.size }
    /// The weights' extension at the challenges, once all variables are bound.
    var weight: Scalar { table.weights[0] }

    func roundSums() -> (zero: Scalar, two: Scalar) { table.roundSums() }

    mutating func bind(to challenge: Scalar) {
        table.bind(to: challenge)
        guard !values.isEmpty else { return }
        challenges.append(challenge)
        guard table.weights.count == 1 else { return }
        let weight = table.weights[0]
        table = SumcheckTable(weights: inner.map { $0 * weight }, values: boundValues())
        values = []
    }

    /// The values at the outer challenges, one for each inner index.
    private func boundValues() -> [Scalar] {
        let equality = MultilinearExtension.equalityTable(challenges)
        var sums = [ScalarAccumulator](repeating: ScalarAccumulator(), count: inner.count)
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                for (index, weight) in equality.enumerated() {
                    let start = index * sums.count
                    for offset in 0..<sums.count { sums[offset].add(weight, times: values[start &+ offset]) }
                }
            }
        }
        return sums.map { $0.reduced() }
    }
}
