/// Changes messages in structured ways: bytes changed, flipped, cut, inserted, repeated, exchanged within the message and
/// with another.
struct Mutator {
    /// Messages that are no longer than that are left as they have become.
    let shortest: Int
    /// What is written into the head, where lengths and counts are, and how long that is.
    let headValues: [UInt8]
    let headLength: Int
    /// Exchanges two elements of 32 bytes; the position is one that the caller drew.
    let exchange: @Sendable (inout [UInt8], _ position: Int, inout SplitMix64) -> Void

    /// Elements counted from the message's start.
    static let messages = Mutator(shortest: 0, headValues: [0, 1, 5, 6, 0x80, 0xff], headLength: 400) {
        bytes,
        position,
        random in
        let a = position / 32 * 32
        let b = Int.random(in: 0..<bytes.count, using: &random) / 32 * 32
        guard max(a, b) + 32 <= bytes.count else { return }
        for index in 0..<32 { bytes.swapAt(a + index, b + index) }
    }

    /// Elements counted from the end, where those of a network proof are aligned.
    static let networkEnvelopes = Mutator(shortest: 64, headValues: [0, 1, 2, 3, 5, 6, 0x80, 0xff], headLength: 600) {
        bytes,
        _,
        random in
        let elements = min(bytes.count, 20_000) / 32
        let a = bytes.count - 32 * Int.random(in: 1...elements, using: &random)
        let b = bytes.count - 32 * Int.random(in: 1...elements, using: &random)
        for index in 0..<32 { bytes.swapAt(a + index, b + index) }
    }

    func mutate(_ original: [UInt8], with other: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard bytes.count > shortest else { break }
            let position = Int.random(in: 0..<bytes.count, using: &random)
            let count = min(Int.random(in: 1...64, using: &random), bytes.count - position)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 2: bytes.removeSubrange(position..<position + count)
            case 3: bytes.insert(contentsOf: bytes[position..<position + count], at: position)
            case 4: for index in position..<position + count { bytes[index] = [0, 0xff, 0x80, 0x7f][index & 3] }
            case 5: bytes.swapAt(position, Int.random(in: 0..<bytes.count, using: &random))
            case 6:
                let place = Int.random(in: 0..<min(headLength, bytes.count), using: &random)
                bytes[place] = headValues[Int.random(in: 0..<headValues.count, using: &random)]
            case 7:
                let source = Int.random(in: 0..<max(1, other.count - 64), using: &random)
                for index in 0..<min(count, other.count - source) { bytes[position + index] = other[source + index] }
            default: exchange(&bytes, position, &random)
            }
        }
        return bytes
    }
}
