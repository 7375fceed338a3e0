/// The greatest values of a stream of known length: enough of them for one high percentile.
struct UpperTail {
    private let capacity: Int
    private let lowerRank: Int
    private let fraction: Float
    private let count: Int
    private var values: [Float] = []
    private var floor = -Float.infinity

    /// - Parameters:
    ///   - count: length of the stream, positive.
    ///   - quantile: in 0...1; between two values the percentile is interpolated.
    init(count: Int, quantile: Double) {
        let rank = quantile * Double(count - 1)
        self.count = count
        self.lowerRank = Swift.min(Int(rank), count - 1)
        self.fraction = Float(rank - Double(self.lowerRank))
        self.capacity = count - self.lowerRank
    }

    mutating func insert(_ value: Float) {
        guard value > self.floor else { return }
        self.values.append(value)
        if self.values.count >= 2 * self.capacity + 64 { self.trim() }
    }

    private mutating func trim() {
        self.values.sort(by: >)
        if self.values.count > self.capacity { self.values.removeLast(self.values.count - self.capacity) }
        if self.values.count == self.capacity, let last = self.values.last { self.floor = last }
    }

    /// The percentile, after the whole stream.
    var percentile: Float {
        var tail = self
        tail.trim()
        // values[i] is the value of ascending rank count - 1 - i.
        guard let lower = tail.values.last else { return 0 }
        guard tail.values.count > 1 else { return lower }
        return lower + self.fraction * (tail.values[tail.values.count - 2] - lower)
    }
}
