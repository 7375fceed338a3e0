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

    mutating func bind(to challenge: Scalar) {
        MultilinearExtension.bindFirst(&weights, to: challenge)
        MultilinearExtension.bindFirst(&values, to: challenge)
    }

    /// Runs the rounds of a sumcheck over the sum of all tables; returns the point.
    static func prove(
        _ tables: inout [SumcheckTable],
        _ rounds: some Collection<(zero: Wire, two: Wire)>,
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        var point: [Scalar] = []
        for pads in rounds {
            let sums = tables.concurrentMap { $0.roundSums() }
            channel.send(.openingRound, sums.reduce(.zero) { $0 + $1.zero }, pad: pads.zero)
            channel.send(.openingRound, sums.reduce(.zero) { $0 + $1.two }, pad: pads.two)
            let challenge = try channel.challenge(.openingRoundChallenge)
            point.append(challenge)
            tables.concurrentMutate { $0.bind(to: challenge) }
        }
        return point
    }
}

extension Array where Element == SumcheckTable {
    private var isLarge: Bool { count > 1 && count * (first?.weights.count ?? 0) >= 1 << 12 }

    fileprivate func concurrentMap<Result: Sendable>(_ body: (Element) -> Result) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Sound: each piece initialises its own element.
            nonisolated(unsafe) let output = buffer
            Parallel.forEach(count, parallel: isLarge) { output.initializeElement(at: $0, to: body(self[$0])) }
            initialized = count
        }
    }

    fileprivate mutating func concurrentMutate(_ body: (inout Element) -> Void) {
        let isLarge = isLarge
        withUnsafeMutableBufferPointer { buffer in
            // Sound: each piece changes its own element.
            nonisolated(unsafe) let elements = buffer
            Parallel.forEach(elements.count, parallel: isLarge) { body(&elements[$0]) }
        }
    }
}
