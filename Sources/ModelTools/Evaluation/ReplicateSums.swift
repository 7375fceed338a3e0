/// The weight of some comparisons in each replicate of a bootstrap.
struct ReplicateSums: Sendable {
    /// Empty until there is a comparison.
    private var sums: [UInt32] = []
    /// What went over from `sums` before they could overflow; empty until then.
    private var carried: [UInt64] = []
    /// Comparisons that `sums` certainly have room for.
    private var room = 0

    var isEmpty: Bool { sums.isEmpty }

    /// Adds a comparison that weighs the products of two people's counts.
    ///
    /// - Parameter capacity: products whose sum fits 32 bits.
    mutating func add(_ first: UnsafeBufferPointer<UInt16>, _ second: UnsafeBufferPointer<UInt16>, capacity: Int) {
        if room == 0 {
            if isEmpty {
                self.sums = [UInt32](repeating: 0, count: first.count)
            } else {
                carry()
            }
            room = capacity
        }
        room -= 1
        self.sums.withUnsafeMutableBufferPointer { sums in
            for replicate in 0..<first.count {
                sums[replicate] &+= UInt32(first[replicate]) &* UInt32(second[replicate])
            }
        }
    }

    private mutating func carry() {
        if carried.isEmpty { carried = [UInt64](repeating: 0, count: sums.count) }
        for (replicate, sum) in sums.enumerated() {
            carried[replicate] += UInt64(sum)
            sums[replicate] = 0
        }
    }

    /// Adds each replicate's weight to a total.
    func add(to totals: inout [UInt64]) {
        for (replicate, sum) in sums.enumerated() { totals[replicate] &+= UInt64(sum) }
        for (replicate, sum) in carried.enumerated() { totals[replicate] &+= sum }
    }
}
