import Bulletproofs
import Ristretto255
import Sodium

@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport

/// What a dishonest prover does between the steps of the honest one, which are the shipped ones. By default nothing.
struct NetworkLies {
    /// Stands in for the operating system's generator.
    var system: any RandomNumberGenerator = SystemRandom()
    /// Before message 0.
    var transcript: (inout ProofTranscript) -> Void = { _ in }
    var wires: (inout WireAssignment) -> Void = { _ in }
    /// What the messages are masked with instead of the wires.
    var pads: (WireAssignment) -> WireAssignment = { $0 }
    /// The lookup's trees, with alpha and beta.
    var trees: (inout [any FractionLevels], Scalar, Scalar) -> Void = { _, _, _ in }
    /// The rows that the opening is made from.
    var matrix: (inout SmallMatrix) -> Void = { _ in }
    /// The messages, once every challenge up to the closing argument is known.
    var messages: (inout SentMessages, OpeningProof, WireAssignment) throws -> Void = { _, _, _ in }
    /// Looks at the constraints and the wires that should satisfy them.
    var inspection: (ConstraintList, WireAssignment) -> Void = { _, _ in }

    func prove(
        _ statement: NetworkStatement,
        _ input: NetworkProver.Input,
        on mutant: NetworkMutant = .none
    ) throws -> NetworkProofBody {
        let shape = statement.shape
        let transcript = statement.transcript { transcript in
            mutant.prepare(&transcript)
            self.transcript(&transcript)
        }
        var system = system
        var randomness = NetworkProver.hedgedRandomness(transcript, shape, input, using: &system)
        let rows = NetworkRows(shape, input, randomness: &randomness)
        var wires = NetworkProver.pads(shape, randomness: &randomness)
        self.wires(&wires)
        var committed = try CommittedArgument(
            statement,
            transcript: transcript,
            rows: rows.absorbed,
            wires: wires,
            randomness: &randomness
        )
        committed.pads = pads(wires)
        var challenged = try committed.challenged()
        var trees = input.witness.trees(shape, challenged.challenges)
        self.trees(&trees, challenged.challenges.alpha, challenged.challenges.beta)
        let points = try challenged.lookUp(trees)
        let claims = try challenged.relate(input, points: points)
        var matrix = rows.matrix
        self.matrix(&matrix)
        var interacted = try challenged.open(matrix, claims: claims, randomness: &randomness)
        var sent = SentMessages(sent: interacted.messages.maskedScalars, challenges: interacted.challenges)
        try messages(&sent, interacted.messages.opening, wires)
        interacted.messages.maskedScalars = sent.sent
        inspection(try interacted.constraints(), wires)
        let messages = interacted.messages
        return NetworkProofBody(
            startRows: input.startRows,
            witnessRows: rows.witnessRows,
            messages: messages,
            closing: try interacted.close()
        )
    }
}

extension NetworkProofBody {
    var closingCommitments: ClosingCommitments {
        get { messages.closingCommitments }
        set { messages.closingCommitments = newValue }
    }

    var maskedScalars: [Scalar] {
        get { messages.maskedScalars }
        set { messages.maskedScalars = newValue }
    }

    var opening: OpeningProof {
        get { messages.opening }
        set { messages.opening = newValue }
    }
}
