/// Normalised fixed points, such as generators, on which multiscalar multiplication skips preparation.
///
/// A slice shares the storage of the whole.
public struct PrecomputedPoints: Sendable {
    let storage: [AffineNielsPoint]
    let bounds: Range<Int>

    /// Normalises the points with one inversion.
    public init(_ points: [RistrettoPoint]) {
        storage = [AffineNielsPoint](unsafeUninitializedCapacity: points.count) { buffer, initialized in
            points.withUnsafeBufferPointer { source in
                guard let input = source.baseAddress, let output = buffer.baseAddress else { return }
                // RistrettoPoint is a frozen wrapper of one EdwardsPoint
                input.withMemoryRebound(to: EdwardsPoint.self, capacity: source.count) {
                    AffineNielsPoint.normalise($0, count: source.count, into: output)
                }
                initialized = source.count
            }
        }
        bounds = 0..<points.count
    }

    private init(storage: [AffineNielsPoint], bounds: Range<Int>) {
        self.storage = storage
        self.bounds = bounds
    }

    public var count: Int { bounds.count }

    /// The point at `index`, counted from the beginning of this slice.
    public subscript(index: Int) -> RistrettoPoint {
        precondition(index >= 0 && index < count, "index out of range")
        return RistrettoPoint(edwards: storage[bounds.lowerBound + index].extended)
    }

    /// The points in `range`, counted from the beginning of this slice.
    public subscript(range: Range<Int>) -> PrecomputedPoints {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
        let start = bounds.lowerBound
        return PrecomputedPoints(storage: storage, bounds: start + range.lowerBound..<start + range.upperBound)
    }

    /// The first `maxLength` points, or all.
    public func prefix(_ maxLength: Int) -> PrecomputedPoints { self[0..<min(maxLength, count)] }

    func withUnsafePointer<R>(_ body: (UnsafePointer<AffineNielsPoint>?) -> R) -> R {
        storage.withUnsafeBufferPointer { buffer in body(buffer.baseAddress.map { $0 + bounds.lowerBound }) }
    }
}
