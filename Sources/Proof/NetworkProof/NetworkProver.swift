import Commitments
import Models
import Multilinear
import Ristretto255
import Sodium
import Transcript

/// Makes network proofs (`docs/protocol.md` section 7).
package enum NetworkProver {
    /// What a proof is made from: rows and their openings. Secret, but for the rows.
    package struct Input: Sendable {
        /// The committed start block.
        package var startRows: [CompressedRistretto]
        /// One per start row.
        package var startBlinders: [Scalar]
        /// E_i.
        package var embeddingRow: CompressedRistretto
        /// Of E_i.
        package var embeddingBlinder: Scalar
        /// One run of the network.
        package var witness: NetworkWitness
        /// The model's.
        package var parameters: ParameterRows

        package init(
            startRows: [CompressedRistretto],
            startBlinders: [Scalar],
            embeddingRow: CompressedRistretto,
            embeddingBlinder: Scalar,
            witness: NetworkWitness,
            parameters: ParameterRows
        ) {
            self.startRows = startRows
            self.startBlinders = startBlinders
            self.embeddingRow = embeddingRow
            self.embeddingBlinder = embeddingBlinder
            self.witness = witness
            self.parameters = parameters
        }
    }

    /// What a prover does, in this order.
    package enum Phase: String, CaseIterable, Sendable {
        /// To the rows and the wires.
        case commit
        case lookups
        case layers
        case opening
        case closing

        /// How much of the whole time has passed when it is done, roughly.
        package var fraction: Double {
            switch self {
            case .commit: 0.2
            case .lookups: 0.7
            case .layers: 0.75
            case .opening: 0.9
            case .closing: 1
            }
        }
    }

    /// Proves whatever the witness is; a false one makes a proof that is refused.
    ///
    /// - Parameters:
    ///   - system: the operating system's generator.
    ///   - finished: called after each phase.
    package static func prove(
        _ statement: NetworkStatement,
        _ input: Input,
        using system: inout some RandomNumberGenerator,
        finished: (Phase) -> Void = { _ in }
    ) throws(ArgumentError) -> NetworkProofBody {
        let transcript = statement.transcript()
        var randomness = hedgedRandomness(transcript, statement.shape, input, using: &system)
        let rows = NetworkRows(statement.shape, input, randomness: &randomness)
        let committed = try CommittedArgument(
            statement,
            transcript: transcript,
            rows: rows.absorbed,
            wires: pads(statement.shape, randomness: &randomness),
            randomness: &randomness
        )
        finished(.commit)
        var challenged = try committed.challenged()
        let points = try challenged.lookUp(input.witness.trees(statement.shape, challenged.challenges))
        finished(.lookups)
        let claims = try challenged.relate(input, points: points)
        finished(.layers)
        let interacted = try challenged.open(rows.matrix, claims: claims, randomness: &randomness)
        finished(.opening)
        let messages = interacted.messages
        let closing = try interacted.close()
        finished(.closing)
        return NetworkProofBody(
            startRows: input.startRows,
            witnessRows: rows.witnessRows,
            messages: messages,
            closing: closing
        )
    }

    /// Uniform pads on every gate, with their copies.
    static func pads(_ shape: NetworkShape, randomness: inout TranscriptRandom) -> WireAssignment {
        var wires = WireAssignment(gateCount: shape.gateCount)
        for gate in 0..<shape.gateCount {
            wires[.left(gate)] = randomness.scalar()
            wires[.right(gate)] = randomness.scalar()
        }
        for (original, copy) in shape.copies { wires[copy] = wires[original] }
        wires.multiplyGates()
        return wires
    }

    /// The prover's only randomness after the start was committed: bound to the statement, to the start block, from
    /// which all else follows, and to fresh system randomness (attacks.md F15).
    static func hedgedRandomness(
        _ transcript: ProofTranscript,
        _ shape: NetworkShape,
        _ input: Input,
        using system: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var builder = transcript.merlin.randomnessBuilder()
        input.witness.blocks[shape.start].withUnsafeBytes { builder.rekey("start", rawBytes: $0) }
        var secret = (input.startBlinders + [input.embeddingBlinder]).flatMap(\.bytes)
        defer { SecretBytes.zero(&secret) }
        secret.withUnsafeBytes { builder.rekey("blinders", rawBytes: $0) }
        return builder.finalize(using: &system)
    }
}

/// The rows of a network proof, and what opens them.
struct NetworkRows {
    /// R, Z, P and multiplicity rows.
    let witnessRows: [CompressedRistretto]
    /// All rows that are not in the model's identity, in matrix order.
    let absorbed: [CompressedRistretto]
    var matrix: SmallMatrix

    /// Commits to the witness's rows under fresh blinders.
    init(_ shape: NetworkShape, _ input: NetworkProver.Input, randomness: inout TranscriptRandom) {
        let fixed = shape.startRows.count + 1
        var entries = input.witness.entries(shape)
        let blinders = (0..<shape.sentRowCount + 1 - fixed).map { _ in randomness.scalar() }
        witnessRows = Self.commit(
            entries[(fixed * shape.columnCount)...],
            blinders: blinders,
            generators: RowGenerators.forWidth(shape.columnCount)
        )
        absorbed = input.startRows + [input.embeddingRow] + witnessRows
        entries.append(contentsOf: input.parameters.values)
        matrix = SmallMatrix(
            columnCount: shape.columnCount,
            entries: entries,
            blinders: input.startBlinders + [input.embeddingBlinder] + blinders + input.parameters.blinders
        )
    }

    /// Commitments of whole rows under the blinders. Variable time in the values of the witness rows
    /// (`docs/limitations.md`).
    private static func commit(
        _ entries: ArraySlice<Int32>,
        blinders: [Scalar],
        generators: RowGenerators
    ) -> [CompressedRistretto] {
        let m = generators.columns.count
        let points = generators.precomputed
        let rows = [RistrettoPoint](unsafeUninitializedCapacity: blinders.count) { buffer, count in
            entries.withUnsafeBufferPointer { entries in
                // Sound: each iteration initialises its own element.
                nonisolated(unsafe) let (output, values) = (buffer, entries)
                Parallel.forEach(blinders.count, parallel: true) { row in
                    let value = RistrettoPoint.multiscalarMultiply(
                        small: UnsafeBufferPointer(rebasing: values[row * m..<(row + 1) * m]),
                        points
                    )
                    output.initializeElement(at: row, to: value + generators.blind(blinders[row]))
                }
            }
            count = blinders.count
        }
        return RistrettoPoint.compressBatch(rows)
    }
}
