import Ristretto255

/// A public-coin proof transcript: Merlin v1.0 over STROBE-128, byte for byte that of the `merlin` crate.
///
/// Prover and verifier append the same messages and read the same challenges, which makes an interactive argument
/// non-interactive (Fiat-Shamir). Every message and challenge carries a label and its length. A transcript is a value:
/// a copy is a fork, and the two go on independently.
///
/// Lengths are encoded in 32 bits; appending 4 GiB or more in one message is a programming error and stops the program.
public struct Transcript: Sendable {
    private var strobe: Strobe128

    #if SEMBLANCE_TESTING
        /// What `challengeScalar` yields, in order, before it reads anything from the transcript: the programmed oracle
        /// of a zero-knowledge simulator (test builds only).
        package var programmedChallenges: [Scalar] = []
    #endif

    /// Starts a transcript; `label` separates the application's domain from every other.
    public init(label: StaticString) {
        strobe = Strobe128(protocolLabel: "Merlin v1.0")
        label.withUTF8Buffer { append("dom-sep", rawBytes: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a message of any length below 4 GiB.
    public mutating func append(_ label: StaticString, bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { append(label, rawBytes: UnsafeRawBufferPointer($0)) }
        if done == nil {
            Array(bytes).withUnsafeBytes { append(label, rawBytes: $0) }
        }
    }

    /// Appends a message that lies in memory.
    public mutating func append(_ label: StaticString, rawBytes: UnsafeRawBufferPointer) {
        frame(label, count: rawBytes.count)
        strobe.ad(rawBytes, more: false)
    }

    /// Appends the eight little-endian bytes of an integer.
    public mutating func append(_ label: StaticString, u64 value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { append(label, rawBytes: $0) }
    }

    /// Appends a constant string, as dalek's domain separators are.
    public mutating func append(_ label: StaticString, message: StaticString) {
        message.withUTF8Buffer { append(label, rawBytes: UnsafeRawBufferPointer($0)) }
    }

    /// Reads `count` bytes of challenge (at least 0, below 4 Gi).
    public mutating func challengeBytes(_ label: StaticString, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            challenge(label, into: UnsafeMutableRawBufferPointer(buffer))
            initialised = count
        }
    }

    /// Fills `output` with challenge bytes.
    public mutating func challenge(_ label: StaticString, into output: UnsafeMutableRawBufferPointer) {
        frame(label, count: output.count)
        strobe.prf(into: output, more: false)
    }

    /// Starts a generator of the prover's randomness that is bound to everything appended so far (Merlin's
    /// `TranscriptRng`); it takes the witness and external randomness before it yields a byte.
    public func randomnessBuilder() -> TranscriptRandomBuilder {
        TranscriptRandomBuilder(strobe: strobe)
    }

    /// A generator keyed by the transcript, then by each `(label, secret)` in turn, then by 32 bytes of `randomness`.
    ///
    /// Either the secrets or the external randomness suffice to make the output unpredictable, so a stuck or cloned
    /// random generator does not reveal the witness (see ``TranscriptRandom``).
    public func makeRandomness(
        witness: [(StaticString, [UInt8])],
        using randomness: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var builder = randomnessBuilder()
        for (label, secret) in witness {
            secret.withUnsafeBytes { builder.rekey(label, rawBytes: $0) }
        }
        return builder.finalize(using: &randomness)
    }

    private mutating func frame(_ label: StaticString, count: Int) {
        label.withUTF8Buffer { strobe.metaAD(UnsafeRawBufferPointer($0), more: false) }
        withUnsafeBytes(of: UInt32(count).littleEndian) { strobe.metaAD($0, more: true) }
    }
}
