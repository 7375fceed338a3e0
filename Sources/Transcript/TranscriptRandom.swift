/// The prover's randomness: a PRF of the public transcript, the witness and external randomness (Merlin's
/// `TranscriptRng`).
///
/// It is hedged: with a broken external generator the output still differs for every transcript and witness, so two
/// proofs never share a blinding factor. Take a fresh one whenever the transcript has moved on. The state is erased when
/// the last reference goes.
public final class TranscriptRandom: RandomNumberGenerator {
    private var strobe: Strobe128

    init(strobe: Strobe128) {
        self.strobe = strobe
    }

    deinit {
        strobe.wipe()
    }

    /// Fills `output` (below 4 GiB) with random bytes.
    public func fill(_ output: UnsafeMutableRawBufferPointer) {
        withUnsafeBytes(of: UInt32(output.count).littleEndian) { strobe.metaAD($0, more: false) }
        strobe.prf(into: output, more: false)
    }

    /// Eight random bytes as an integer.
    public func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { fill($0) }
        return UInt64(littleEndian: value)
    }
}
