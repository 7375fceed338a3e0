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
        lowerRank = Swift.min(Int(rank), count - 1)
        fraction = Float(rank - Double(lowerRank))
        capacity = count - lowerRank
    }

    mutating func insert(_ value: Float) {
        guard value > floor else { return }
        values.append(value)
        if values.count >= 2 * capacity + 64 { trim() }
    }

    private mutating func trim() {
        values.sort(by: >)
        if values.count > capacity { values.removeLast(values.count - capacity) }
        if values.count == capacity, let last = values.last { floor = last }
    }

    /// The percentile, after the whole stream.
    var percentile: Float {
        var tail = self
        tail.trim()
        // values[i] is the value of ascending rank count - 1 - i.
        guard let lower = tail.values.last else { return 0 }
        guard tail.values.count > 1 else { return lower }
        return lower + fraction * (tail.values[tail.values.count - 2] - lower)
    }
}
