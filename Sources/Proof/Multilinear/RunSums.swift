import Ristretto255

/// One pass of a sumcheck over its tables, run by run: within a run the products with eq are added up without a reduction,
/// and what comes out is reduced once and weighed by the run's own eq.
struct RunSums {
    let equality: EqualityWeights
    /// Nanoseconds that one index takes, roughly.
    let cost: Int

    /// Calls `body` with every run's first index and the weights of its indices; both sums are those of the whole pass.
    ///
    /// - Parameters:
    ///   - count: indices, as many as there are weights.
    ///   - body: writes to its own run only.
    func over(
        _ count: Int,
        _ body: (Int, UnsafeBufferPointer<Scalar>) -> (zero: Scalar, square: Scalar)
    ) -> RoundSums {
        let run = equality.run
        let shares = Parallel.shares(count: count / run, cost: cost * run)
        var sums = [RoundSums](repeating: RoundSums(), count: shares)
        equality.low.withUnsafeBufferPointer { low in
            sums.withUnsafeMutableBufferPointer { output in
                // Sound: each share writes its own element.
                nonisolated(unsafe) let output = output
                Parallel.forEach(shares, parallel: true) { share in
                    var sum = RoundSums()
                    for index in Parallel.piece(share, of: shares, count: count / run) {
                        let own = body(index * run, low)
                        sum.add(equality.high[index], own.zero, own.square)
                    }
                    output[share] = sum
                }
            }
        }
        return sums.reduce(into: RoundSums()) { $0 += $1 }
    }
}
