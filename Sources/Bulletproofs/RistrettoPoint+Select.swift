import Ristretto255

extension RistrettoPoint {
    /// `one` if `bit` is 1, `zero` if it is 0, without a branch or an address that depends on the bit.
    @inline(never)
    static func select(bit: UInt64, one: RistrettoPoint, zero: RistrettoPoint) -> RistrettoPoint {
        assert(_isPOD(RistrettoPoint.self) && MemoryLayout<RistrettoPoint>.size % 8 == 0)
        let mask = 0 &- bit
        var result = zero
        withUnsafeBytes(of: one) { source in
            withUnsafeMutableBytes(of: &result) { target in
                for offset in Swift.stride(from: 0, to: MemoryLayout<RistrettoPoint>.size, by: 8) {
                    let old = target.load(fromByteOffset: offset, as: UInt64.self)
                    let new = source.load(fromByteOffset: offset, as: UInt64.self)
                    target.storeBytes(of: old ^ (mask & (old ^ new)), toByteOffset: offset, as: UInt64.self)
                }
            }
        }
        return result
    }
}
