/// The part of STROBE v1.0.2 at 128-bit security that Merlin uses: `meta-AD`, `AD`, `KEY` and `PRF`.
///
/// The sponge is Keccak-f[1600]; the rate R is 166 bytes, two more bytes of each block carry the position of the last
/// operation and the padding (STROBE specification, section 5).
struct Strobe128: Sendable {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let inbound = Flags(rawValue: 1)
        static let application = Flags(rawValue: 1 << 1)
        static let cipher = Flags(rawValue: 1 << 2)
        static let meta = Flags(rawValue: 1 << 4)
    }

    /// Bytes absorbed or squeezed between two permutations.
    static let rate = 166

    private var state = KeccakState()
    private var position = 0
    private var positionOfLastOperation: UInt8 = 0
    private var currentFlags: Flags = []

    /// Starts a protocol; `label` names it.
    init(protocolLabel label: StaticString) {
        state.withMutableBytes { bytes in
            bytes[0] = 1
            bytes[1] = UInt8(Self.rate + 2)
            bytes[2] = 1
            bytes[3] = 0
            bytes[4] = 1
            bytes[5] = 96
            let version: StaticString = "STROBEv1.0.2"
            for index in 0..<version.utf8CodeUnitCount {
                bytes[6 + index] = version.utf8Start[index]
            }
        }
        state.permute()
        label.withUTF8Buffer { metaAD(UnsafeRawBufferPointer($0), more: false) }
    }

    /// Absorbs public framing data; `more` continues the operation before.
    mutating func metaAD(_ data: UnsafeRawBufferPointer, more: Bool) {
        begin([.meta, .application], more: more)
        absorb(data)
    }

    /// Absorbs public data.
    mutating func ad(_ data: UnsafeRawBufferPointer, more: Bool) {
        begin(.application, more: more)
        absorb(data)
    }

    /// Replaces part of the state by a key: nothing absorbed before can be recovered from the state after.
    mutating func key(_ data: UnsafeRawBufferPointer, more: Bool) {
        begin([.application, .cipher], more: more)
        var done = 0
        while done < data.count {
            let count = min(Self.rate - position, data.count - done)
            let start = position
            state.withMutableBytes { bytes in
                for index in 0..<count {
                    bytes[start &+ index] = data[done &+ index]
                }
            }
            advance(count)
            done += count
        }
    }

    /// Squeezes pseudo-random bytes into `output`.
    mutating func prf(into output: UnsafeMutableRawBufferPointer, more: Bool) {
        begin([.inbound, .application, .cipher], more: more)
        var done = 0
        while done < output.count {
            let count = min(Self.rate - position, output.count - done)
            let start = position
            state.withMutableBytes { bytes in
                for index in 0..<count {
                    output[done &+ index] = bytes[start &+ index]
                    bytes[start &+ index] = 0
                }
            }
            advance(count)
            done += count
        }
    }

    /// Erases the state.
    mutating func wipe() {
        state.wipe()
    }

    private mutating func absorb(_ data: UnsafeRawBufferPointer) {
        var done = 0
        while done < data.count {
            let count = min(Self.rate - position, data.count - done)
            let start = position
            state.withMutableBytes { bytes in
                for index in 0..<count {
                    bytes[start &+ index] ^= data[done &+ index]
                }
            }
            advance(count)
            done += count
        }
    }

    private mutating func begin(_ flags: Flags, more: Bool) {
        if more {
            precondition(currentFlags == flags, "a STROBE operation is continued with other flags")
            return
        }
        let previous = positionOfLastOperation
        positionOfLastOperation = UInt8(truncatingIfNeeded: position + 1)
        currentFlags = flags
        withUnsafeBytes(of: (previous, flags.rawValue)) { absorb($0) }
        // An operation that reads or keys the state starts on a fresh block.
        if flags.contains(.cipher), position != 0 {
            runF()
        }
    }

    private mutating func advance(_ count: Int) {
        position += count
        if position == Self.rate {
            runF()
        }
    }

    private mutating func runF() {
        let end = position
        let last = positionOfLastOperation
        state.withMutableBytes { bytes in
            bytes[end] ^= last
            bytes[end + 1] ^= 0x04
            bytes[Self.rate + 1] ^= 0x80
        }
        state.permute()
        position = 0
        positionOfLastOperation = 0
    }
}
