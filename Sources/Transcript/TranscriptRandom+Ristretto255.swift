import Ristretto255

extension TranscriptRandom {
    /// A uniform scalar: 64 random bytes reduced modulo l.
    public func scalar() -> Scalar {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            defer { wipeMemory(buffer) }
            fill(buffer)
            return Scalar(wideBytes: buffer)
        }
    }

    /// `count` uniform scalars.
    public func scalars(_ count: Int) -> [Scalar] {
        (0..<count).map { _ in scalar() }
    }
}
