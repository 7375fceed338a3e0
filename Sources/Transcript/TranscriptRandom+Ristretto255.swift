import Ristretto255

extension TranscriptRandom {
    /// A uniform scalar: 64 random bytes reduced modulo l.
    public func scalar() -> Scalar {
        var words = WideScalarWords()
        defer { withUnsafeMutableBytes(of: &words) { wipeMemory($0) } }
        withUnsafeMutableBytes(of: &words.bytes) { fill($0) }
        return words.scalar()
    }

    /// `count` uniform scalars.
    public func scalars(_ count: Int) -> [Scalar] {
        (0..<count).map { _ in scalar() }
    }
}
