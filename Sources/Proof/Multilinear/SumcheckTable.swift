import Ristretto255

/// One product of public weights and secret values during the opening's sumcheck.
struct SumcheckTable: Sendable {
    var weights: [Scalar]
    var values: [Scalar]

    /// The sums at 0 and 2 of weights times values, the bound variable being the first.
    func roundSums() -> (zero: Scalar, two: Scalar) {
        let half = weights.count / 2
        var zero = ScalarAccumulator()
        var two = ScalarAccumulator()
        weights.withUnsafeBufferPointer { weights in
            values.withUnsafeBufferPointer { values in
                for x in 0..<half {
                    let y = half + x
                    zero.add(weights[x], times: values[x])
                    two.add(
                        weights[y] + weights[y] - weights[x],
                        times: values[y] + values[y] - values[x]
                    )
                }
            }
        }
        return (zero.reduced(), two.reduced())
    }

    var size: Int { weights.count }

    mutating func bind(to challenge: Scalar) {
        MultilinearExtension.bindFirst(&weights, to: challenge)
        MultilinearExtension.bindFirst(&values, to: challenge)
    }
}

extension SumcheckTable: SumcheckTerm {}

/// A summand of the opening's sumcheck.
protocol SumcheckTerm: Sendable {
    /// Work for one pass, in entries.
    var size: Int { get }
    /// The sums at 0 and 2 of weights times values, the bound variable being the first.
    func roundSums() -> (zero: Scalar, two: Scalar)
    mutating func bind(to challenge: Scalar)
}

extension Array where Element: SumcheckTerm {
    /// Runs the rounds of a sumcheck over the sum of all terms; returns the point.
    mutating func prove(
        _ rounds: some Collection<(zero: Wire, two: Wire)>,
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        var point: [Scalar] = []
        for pads in rounds {
            let sums = concurrentMap { $0.roundSums() }
            channel.send(.openingRound, sums.reduce(.zero) { $0 + $1.zero }, pad: pads.zero)
            channel.send(.openingRound, sums.reduce(.zero) { $0 + $1.two }, pad: pads.two)
            let challenge = try channel.challenge(.openingRoundChallenge)
            point.append(challenge)
            concurrentMutate { $0.bind(to: challenge) }
        }
        return point
    }

    /// Four products an entry, of some 15 ns.
    private var cost: Int { 60 * (map(\.size).max() ?? 0) }

    private func concurrentMap<Result: Sendable>(_ body: (Element) -> Result) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Sound: each piece initialises its own elements.
            nonisolated(unsafe) let output = buffer
            Parallel.forEachPiece(count: count, cost: cost) { range in
                for index in range { output.initializeElement(at: index, to: body(self[index])) }
            }
            initialized = count
        }
    }

    private mutating func concurrentMutate(_ body: (inout Element) -> Void) {
        let cost = cost
        withUnsafeMutableBufferPointer { buffer in
            // Sound: each piece changes its own elements.
            nonisolated(unsafe) let elements = buffer
            Parallel.forEachPiece(count: elements.count, cost: cost) { range in
                for index in range { body(&elements[index]) }
            }
        }
    }
}
