import Ristretto255

/// Where the constraint builder gets the prover's masked scalars and the challenges from.
///
/// The verifier reads them from a proof and a transcript; the prover replays the ones that it has just made, so that
/// both sides build the same constraints with the same code.
package protocol MessageChannel {
    /// The next masked scalar, in the order of `docs/protocol.md` section 5, with the wire that the layout assigned to
    /// it. Throws `missingScalar` where the proof has no more.
    mutating func receive(_ label: ProofLabel, pad: Wire) throws(InteractionError) -> MaskedScalar
    /// The next challenge. Throws `degenerateChallenge` for zero.
    mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar
    /// A message that travels unmasked.
    mutating func absorb(_ label: ProofLabel, scalar: Scalar)
    /// A point, which is never masked.
    mutating func absorb(_ label: ProofLabel, point: CompressedRistretto)
}

/// The verifier's channel: absorbs each masked scalar of the proof as it is read.
package struct VerifierChannel: MessageChannel {
    /// In step with the prover's.
    package var transcript: ProofTranscript
    private let scalars: [Scalar]
    private var position = 0

    /// - Parameter scalars: the proof's masked scalars, in the order in which they were sent.
    package init(transcript: ProofTranscript, scalars: [Scalar]) {
        self.transcript = transcript
        self.scalars = scalars
    }

    package mutating func receive(_ label: ProofLabel, pad: Wire) throws(InteractionError) -> MaskedScalar {
        guard position < scalars.count else { throw .missingScalar }
        let sent = scalars[position]
        position += 1
        transcript.append(label, scalar: sent)
        return MaskedScalar(sent: sent, pad: pad)
    }

    package mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar {
        try transcript.challenge(label)
    }

    package mutating func absorb(_ label: ProofLabel, scalar: Scalar) {
        transcript.append(label, scalar: scalar)
    }

    package mutating func absorb(_ label: ProofLabel, point: CompressedRistretto) {
        transcript.append(label, point: point)
    }

    /// Throws `surplusScalars` unless every masked scalar was read.
    package func finish() throws(InteractionError) {
        guard position == scalars.count else { throw .surplusScalars }
    }
}

/// The prover's channel: masks, absorbs and records.
package struct ProverChannel {
    /// Takes messages that travel unmasked.
    package var transcript: ProofTranscript
    /// The masked scalars, in order.
    package private(set) var sent: [Scalar] = []
    /// All that were drawn, in order.
    package private(set) var challenges: [Scalar] = []
    private let pads: WireAssignment

    /// - Parameter pads: the wires that mask the messages.
    package init(transcript: ProofTranscript, pads: WireAssignment) {
        self.transcript = transcript
        self.pads = pads
    }

    /// Sends `value - pad`.
    package mutating func send(_ label: ProofLabel, _ value: Scalar, pad: Wire) {
        let masked = value - pads[pad]
        sent.append(masked)
        transcript.append(label, scalar: masked)
    }

    /// Draws and records.
    package mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar {
        let value = try transcript.challenge(label)
        challenges.append(value)
        return value
    }
}

/// Replays a prover's own messages and the challenges that answered them into the constraint builder.
package struct ReplayChannel: MessageChannel {
    private let scalars: [Scalar]
    private let challenges: [Scalar]
    private var scalarPosition = 0
    private var challengePosition = 0

    init(scalars: [Scalar], challenges: [Scalar]) {
        self.scalars = scalars
        self.challenges = challenges
    }

    package mutating func receive(_ label: ProofLabel, pad: Wire) throws(InteractionError) -> MaskedScalar {
        guard scalarPosition < scalars.count else { throw .missingScalar }
        defer { scalarPosition += 1 }
        return MaskedScalar(sent: scalars[scalarPosition], pad: pad)
    }

    package mutating func challenge(_ label: ProofLabel) throws(InteractionError) -> Scalar {
        guard challengePosition < challenges.count else { throw .missingScalar }
        defer { challengePosition += 1 }
        return challenges[challengePosition]
    }

    package mutating func absorb(_ label: ProofLabel, scalar: Scalar) {}
    package mutating func absorb(_ label: ProofLabel, point: CompressedRistretto) {}
}
