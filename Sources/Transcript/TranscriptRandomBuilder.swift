import Ristretto255

/// A fork of a transcript that is being keyed with the prover's secrets, Merlin's `TranscriptRngBuilder`.
public struct TranscriptRandomBuilder {
    private var strobe: Strobe128

    init(strobe: Strobe128) {
        self.strobe = strobe
    }

    /// Keys the generator with secret bytes (below 4 GiB).
    public mutating func rekey(_ label: StaticString, rawBytes secret: UnsafeRawBufferPointer) {
        label.withUTF8Buffer { strobe.metaAD(UnsafeRawBufferPointer($0), more: false) }
        withUnsafeBytes(of: UInt32(secret.count).littleEndian) { strobe.metaAD($0, more: true) }
        strobe.key(secret, more: false)
    }

    /// Keys the generator with 32 bytes of external randomness and finishes it.
    public consuming func finalize(using randomness: inout some RandomNumberGenerator) -> TranscriptRandom {
        var seed = (
            randomness.next().littleEndian, randomness.next().littleEndian, randomness.next().littleEndian,
            randomness.next().littleEndian
        )
        let label: StaticString = "rng"
        label.withUTF8Buffer { strobe.metaAD(UnsafeRawBufferPointer($0), more: false) }
        withUnsafeMutableBytes(of: &seed) { buffer in
            strobe.key(UnsafeRawBufferPointer(buffer), more: false)
            wipeMemory(buffer)
        }
        return TranscriptRandom(strobe: strobe)
    }
}
