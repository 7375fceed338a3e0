import Ristretto255

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
