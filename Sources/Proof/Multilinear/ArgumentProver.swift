import Bulletproofs
import Ristretto255

// The prover's phases. Each is a value that the next consumes: a commitment answers one run of challenges, as a second would
// give away wires. What a phase holds may be replaced before the next (tests make dishonest provers that way); nothing that
// has been absorbed can.

/// Rows and wires are committed.
package struct CommittedArgument<Statement: ArgumentStatement>: ~Copyable {
    /// Its message 0 is absorbed.
    package let statement: Statement
    /// The committed wires.
    package let wires: WireAssignment
    /// What masks the messages: the wires, for who wants to be believed.
    package var pads: WireAssignment
    /// Has absorbed message 0, the rows and the wires' commitments.
    package let transcript: ProofTranscript
    private let closing: ClosingProver

    /// Absorbs the rows and commits to the wires.
    ///
    /// - Parameters:
    ///   - transcript: has absorbed message 0.
    ///   - rows: all rows that are not in the statement, in matrix order.
    ///   - wires: of `layout.gateCount` gates; whether they satisfy anything is not checked.
    ///   - randomness: bound to the transcript and to all secrets (attacks.md F15).
    package init(
        _ statement: Statement,
        transcript: ProofTranscript,
        rows: [CompressedRistretto],
        wires: WireAssignment,
        randomness: inout some RandomNumberGenerator
    ) throws(ArgumentError) {
        var transcript = transcript
        for row in rows { transcript.append(.row, point: row) }
        do {
            closing = try ClosingProver.commit(
                left: wires.left,
                right: wires.right,
                output: wires.output,
                generators: ClosingGenerators.forGates(statement.layout.gateCount),
                pedersen: .standard,
                transcript: &transcript.merlin,
                randomness: &randomness
            )
        } catch { throw .closing(error) }
        self.statement = statement
        self.transcript = transcript
        self.wires = wires
        pads = wires
    }

    /// Draws the lookup's challenges.
    package consuming func challenged() throws(ArgumentError) -> ChallengedArgument<Statement> {
        var channel = ProverChannel(transcript: transcript, pads: pads)
        let challenges: LookupChallenges
        do {
            challenges = LookupChallenges(
                alpha: try channel.challenge(.alpha),
                beta: try channel.challenge(.beta)
            )
        } catch { throw .interaction(error) }
        return ChallengedArgument(
            statement: statement,
            wires: wires,
            pads: pads,
            channel: channel,
            challenges: challenges,
            closing: closing
        )
    }
}

/// The lookup's challenges are drawn; the messages follow, in this order: lookup, relation, opening.
package struct ChallengedArgument<Statement: ArgumentStatement>: ~Copyable {
    /// Its message 0 is absorbed.
    package let statement: Statement
    /// The committed wires.
    package let wires: WireAssignment
    fileprivate let pads: WireAssignment
    fileprivate var channel: ProverChannel
    /// What the lookup's trees are made for.
    package let challenges: LookupChallenges
    fileprivate let closing: ClosingProver

    /// Sends the lookup.
    ///
    /// - Parameter trees: one for each of the layout's.
    /// - Returns: the points at which they end.
    package mutating func lookUp(_ trees: [any FractionLevels]) throws(ArgumentError) -> [[Scalar]] {
        do {
            return try LookupProver.prove(statement.layout.lookup, trees: trees, channel: &channel)
        } catch { throw .interaction(error) }
    }

    /// Sends the statement's own relation; returns the weights of the claims that it leaves.
    package mutating func relate(
        _ witness: Statement.Witness,
        points: [[Scalar]]
    ) throws(ArgumentError) -> [Statement.Opening.Claim] {
        do {
            return try statement.prove(witness, challenges, points: points, channel: &channel)
        } catch { throw .interaction(error) }
    }

    /// Opens all claims on the rows.
    package consuming func open(
        _ matrix: Statement.Opening.Matrix,
        claims: [Statement.Opening.Claim],
        randomness: inout some RandomNumberGenerator
    ) throws(ArgumentError) -> InteractedArgument<Statement> {
        var channel = channel
        let opening: OpeningProof
        do {
            opening = try Statement.Opening.prove(
                statement.layout.opening,
                matrix: matrix,
                claims: claims,
                pads: pads,
                channel: &channel,
                randomness: &randomness
            )
        } catch { throw .interaction(error) }
        return InteractedArgument(
            statement: statement,
            wires: wires,
            messages: ArgumentMessages(
                closingCommitments: closing.commitments,
                maskedScalars: channel.sent,
                opening: opening
            ),
            challenges: channel.challenges,
            transcript: channel.transcript,
            closing: closing
        )
    }
}

/// Every challenge up to the closing argument is known.
package struct InteractedArgument<Statement: ArgumentStatement>: ~Copyable {
    /// Its message 0 is absorbed.
    package let statement: Statement
    /// The committed wires.
    package let wires: WireAssignment
    /// What has been sent; the closing argument is about the masked scalars as they are here.
    package var messages: ArgumentMessages
    /// In the order in which they were drawn.
    package let challenges: [Scalar]
    /// Takes what a statement sends besides.
    package var transcript: ProofTranscript
    fileprivate let closing: ClosingProver

    /// The constraints on the wires, from the prover's own messages.
    package borrowing func constraints() throws(ArgumentError) -> ConstraintList {
        var replay = ReplayChannel(scalars: messages.maskedScalars, challenges: challenges)
        var constraints = ConstraintList(checks: transcript.checks)
        do {
            _ = try statement.constraints(opening: messages.opening, channel: &replay, into: &constraints)
        } catch { throw .interaction(error) }
        return constraints
    }

    /// Proves that the committed wires satisfy the constraints. That they do is not checked.
    package consuming func close() throws(ArgumentError) -> ClosingProof {
        let constraints = try self.constraints()
        var transcript = transcript
        do {
            return try closing.finish(constraints: constraints.sparse, transcript: &transcript.merlin)
        } catch { throw .closing(error) }
    }
}
