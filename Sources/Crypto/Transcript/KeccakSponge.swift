/// A Keccak sponge over bytes (FIPS 202, section 4): SHAKE256 and SHA3-512 by rate and domain suffix.
public struct KeccakSponge: Sendable {
    private var state = KeccakState()
    private let rate: Int
    private let suffix: UInt8
    private var position = 0
    private var isSqueezing = false

    private init(rate: Int, suffix: UInt8) {
        self.rate = rate
        self.suffix = suffix
    }

    /// SHAKE256 (FIPS 202, section 6.2): output of any length.
    public static var shake256: KeccakSponge {
        KeccakSponge(rate: 136, suffix: 0x1F)
    }

    /// SHA3-512 of `message` (FIPS 202, section 6.1), 64 bytes.
    public static func sha3_512(_ message: some Collection<UInt8>) -> [UInt8] {
        var sponge = KeccakSponge(rate: 72, suffix: 0x06)
        sponge.absorb(message)
        return sponge.squeeze(64)
    }

    /// Absorbs bytes. Absorbing after the first squeeze is a programming error and stops the program.
    public mutating func absorb(_ data: some Collection<UInt8>) {
        precondition(!isSqueezing, "a sponge absorbs only before it is squeezed")
        for byte in data {
            let index = position
            state.withMutableBytes { $0[index] ^= byte }
            position += 1
            if position == rate {
                state.permute()
                position = 0
            }
        }
    }

    /// Squeezes the next `count` bytes.
    public mutating func squeeze(_ count: Int) -> [UInt8] {
        if !isSqueezing {
            let index = position
            let last = rate - 1
            let domain = suffix
            state.withMutableBytes { bytes in
                bytes[index] ^= domain
                bytes[last] ^= 0x80
            }
            state.permute()
            position = 0
            isSqueezing = true
        }
        var output: [UInt8] = []
        output.reserveCapacity(count)
        while output.count < count {
            if position == rate {
                state.permute()
                position = 0
            }
            let take = min(rate - position, count - output.count)
            let start = position
            state.withMutableBytes { output.append(contentsOf: $0[start..<(start + take)]) }
            position += take
        }
        return output
    }
}
