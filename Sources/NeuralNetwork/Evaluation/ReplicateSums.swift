/// The weight of some comparisons in each replicate of a bootstrap.
struct ReplicateSums: Sendable {
    /// Empty until there is a comparison.
    private var sums: [UInt32] = []
    /// What went over from `sums` before they could overflow; empty until then.
    private var carried: [UInt64] = []
    /// Comparisons that `sums` certainly have room for.
    private var room = 0

    var isEmpty: Bool { self.sums.isEmpty }

    /// Adds a comparison that weighs the products of two people's counts.
    ///
    /// - Parameter capacity: products whose sum fits 32 bits.
    mutating func add(_ first: UnsafeBufferPointer<UInt16>, _ second: UnsafeBufferPointer<UInt16>, capacity: Int) {
        if self.room == 0 {
            if self.isEmpty {
                self.sums = [UInt32](repeating: 0, count: first.count)
            } else {
                self.carry()
            }
            self.room = capacity
        }
        self.room -= 1
        self.sums.withUnsafeMutableBufferPointer { sums in
            for replicate in 0..<first.count {
                sums[replicate] &+= UInt32(first[replicate]) &* UInt32(second[replicate])
            }
        }
    }

    private mutating func carry() {
        if self.carried.isEmpty { self.carried = [UInt64](repeating: 0, count: self.sums.count) }
        for (replicate, sum) in self.sums.enumerated() {
            self.carried[replicate] += UInt64(sum)
            self.sums[replicate] = 0
        }
    }

    /// Adds each replicate's weight to a total.
    func add(to totals: inout [UInt64]) {
        for (replicate, sum) in self.sums.enumerated() { totals[replicate] &+= UInt64(sum) }
        for (replicate, sum) in self.carried.enumerated() { totals[replicate] &+= sum }
    }
}
