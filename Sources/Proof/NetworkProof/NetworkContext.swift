/// What a network proof is bound to besides its rows (`docs/protocol.md` section 7.4).
package struct NetworkContext: Sendable {
    /// The signed challenge.
    package var challenge: [UInt8]
    /// The sample's attestation, or empty.
    package var attestation: [UInt8]
    package var model: [UInt8]
    /// From 0.
    package var sample: Int
    /// The block that the proof starts from.
    package var start: Int

    package init(challenge: [UInt8], attestation: [UInt8], model: [UInt8], sample: Int, start: Int) {
        self.challenge = challenge
        self.attestation = attestation
        self.model = model
        self.sample = sample
        self.start = start
    }
}
