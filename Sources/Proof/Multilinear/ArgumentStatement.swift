import Ristretto255

/// What a committed argument is about. `MatchStatement` and `NetworkStatement` are the two instances.
///
/// The argument, for both alike (`docs/protocol.md` sections 5 and 7.4), P the prover, V the verifier's challenges:
///
///     P  message 0 and the rows' commitments         absorb(into:), then each row
///     P  a commitment to the wires of the closing argument: pads, and the values of local constraints
///     V  alpha, beta                                 LookupChallenges
///     P  logup: all looked-up columns and tables     layout.lookup
///     P  what the statement itself says              relate
///     P  one opening of all claims on the rows       layout.opening, Opening
///     P  the closing argument: every message of the above, masked by a pad, satisfies every constraint
///
/// The prover's phases are `CommittedArgument`, `ChallengedArgument` and `InteractedArgument`; the verifier's run is
/// `ArgumentReplay`. Both build the constraints by ``constraints(opening:channel:into:)``.
package protocol ArgumentStatement: Sendable {
    associatedtype Opening: BatchOpening
    /// What the prover knows. Secret.
    associatedtype Witness: Sendable

    /// The transcript's domain.
    static var label: StaticString { get }

    /// Follows from what both sides know; no length is ever read from a proof (attacks.md F9).
    var layout: ArgumentLayout { get }

    /// Message 0: everything public but the rows, before anything is drawn.
    func absorb(into transcript: inout ProofTranscript)

    /// Constraints on wires alone, which need no message.
    func requireLocal(_ constraints: inout ConstraintList)

    /// The prover's messages of the statement's own relation.
    ///
    /// - Parameter points: where the lookup's trees ended, in the order of the layout.
    /// - Returns: the weights of all claims on the rows, in the order of ``relate(_:leaves:channel:constraints:)``.
    func prove(
        _ witness: Witness,
        _ challenges: LookupChallenges,
        points: [[Scalar]],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Opening.Claim]

    /// The constraints of the same messages: the table's own leaves, the statement's relation, and what remains to be opened.
    ///
    /// - Parameter leaves: where the lookup's trees ended, in the order of the layout.
    func relate(
        _ challenges: LookupChallenges,
        leaves: [LookupVerifier.LeafEvaluation],
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> (values: [AffineForm], claims: [Opening.Claim])
}

/// The parts of a shape that every argument has.
package struct ArgumentLayout: Sendable {
    /// Pads of the lookup, the first gates.
    package let lookup: LookupLayout
    /// Pads of the opening.
    package let opening: OpeningLayout
    /// Pairs of wires that the constraints make equal.
    package let copies: [(original: Wire, copy: Wire)]
    /// Gates of the closing argument.
    package let gateCount: Int

    package init(
        lookup: LookupLayout,
        opening: OpeningLayout,
        copies: [(original: Wire, copy: Wire)],
        gateCount: Int
    ) {
        self.lookup = lookup
        self.opening = opening
        self.copies = copies
        self.gateCount = gateCount
    }
}

/// The point at which logup's fractions are compared, and what combines a row's entries to one fingerprint.
package struct LookupChallenges: Sendable {
    /// Where the fractions `1 / (alpha - fingerprint)` are compared.
    package let alpha: Scalar
    /// Its powers combine a row's entries to one fingerprint.
    package let beta: Scalar

    package init(alpha: Scalar, beta: Scalar) {
        self.alpha = alpha
        self.beta = beta
    }
}

extension ArgumentStatement {
    /// A transcript that has absorbed message 0.
    package func transcript(checks: Checks = .all) -> ProofTranscript {
        var transcript = ProofTranscript(label: Self.label, checks: checks)
        absorb(into: &transcript)
        return transcript
    }

    /// Builds every constraint from the masked messages and the challenges, the same way for verifier and prover.
    package func constraints(
        opening: OpeningProof,
        channel: inout some MessageChannel,
        into constraints: inout ConstraintList
    ) throws(InteractionError) -> OpeningVerifier.Challenges {
        for (original, copy) in layout.copies {
            constraints.require(.padCopy, isZero: AffineForm(original) - AffineForm(copy))
        }
        requireLocal(&constraints)
        let challenges = LookupChallenges(
            alpha: try channel.challenge(.alpha),
            beta: try channel.challenge(.beta)
        )
        let leaves = try LookupVerifier.run(layout.lookup, channel: &channel, constraints: &constraints)
        let (values, claims) = try relate(challenges, leaves: leaves, channel: &channel, constraints: &constraints)
        return try Opening.run(
            layout.opening,
            values: values,
            claims: claims,
            proof: opening,
            channel: &channel,
            constraints: &constraints
        )
    }
}
