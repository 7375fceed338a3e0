import MatchProof
import NetworkProof
import NeuralNetwork
import Ristretto255
import Sodium
import Varlink

/// Takes the samples of one capture apart, one after the other.
///
/// At `head` and `full` the network is run on what the sensor committed: once for all samples of the same model and
/// values.
struct SampleDecoder {
    private let models: [EmbeddingModel]
    private var run: Run?
    /// The values of the sample before, encoded.
    private var lastValues: [UInt8] = []

    /// One run of a network.
    private struct Run {
        let model: [UInt8]
        let start: Int
        let values: [Int16]
        let trace: NetworkTraceValues
    }

    /// - Parameter models: those of the challenges' parts; not needed at `match`.
    init(models: [EmbeddingModel]) {
        self.models = models
    }

    /// A sample under each of the challenge's models.
    mutating func decode(
        _ sample: Parameters,
        _ challenge: SignedChallenge
    ) throws(SampleFailure) -> [MatchProver.Sample] {
        let parts = challenge.challenge.parts
        var members = [sample]
        let attestation: SensorAttestation
        do {
            if let previous = try sample.optionalObject("previous") { members.append(previous) }
            attestation = try SensorAttestation(decoding: try sample.bytes("attestation"))
        } catch {
            throw SensorClient.nonsense
        }
        guard members.count == parts.count else { throw SensorClient.nonsense }
        var blocks: [SensorAttestation.Block] = []
        var samples: [MatchProver.Sample] = []
        for (members, part) in zip(members, parts) {
            let (sample, block) = try block(members, challenge.challenge.statement(of: part), attestation)
            samples.append(sample)
            blocks.append(block)
        }
        guard attestation.isValid(challenge: challenge, blocks: blocks) else { throw Self.unfitting }
        return samples
    }

    /// - Parameter statement: of one part of the challenge.
    private mutating func block(
        _ members: Parameters,
        _ statement: Challenge,
        _ attestation: SensorAttestation
    ) throws(SampleFailure) -> (MatchProver.Sample, SensorAttestation.Block) {
        guard var blinders = try? members.bytes("blinder"), let commitment = try? members.bytes("commitment") else {
            throw SensorClient.nonsense
        }
        defer { SecretBytes.zero(&blinders) }
        try readValues(members)
        if statement.assurance == .match {
            return try embeddingBlock(statement, attestation, blinders: blinders, commitment: commitment)
        }
        guard let model = models.first(where: { $0.identity == statement.model }),
            let start = model.published.startBlock(at: statement.assurance)
        else {
            throw .unavailable(hint: "the model cannot be proved at assurance \(statement.assurance.name)")
        }
        let opening = try startOpening(blinders, start: start, model: model)
        guard opening.commitments.flatMap(\.bytes) == commitment else { throw Self.unfitting }
        let trace = try trace(model, from: start, opening.values)
        guard let output = trace.blocks.last, let embedding = try? EmbeddingOpening(committing: output) else {
            throw Self.unfitting
        }
        return (
            MatchProver.Sample(
                opening: embedding,
                attestation: attestation,
                network: NetworkEvidence(start: opening, trace: trace)
            ),
            SensorAttestation.Block(shape: model.published.description.shape(ofBlock: start), rows: opening.commitments)
        )
    }

    private mutating func readValues(_ members: Parameters) throws(SampleFailure) {
        do {
            guard let values = try members.optionalBytes("values") else { return }
            SecretBytes.zero(&lastValues)
            lastValues = values
        } catch {
            throw SensorClient.nonsense
        }
    }

    /// Forgets what is secret; to be called at the end.
    mutating func wipe() {
        SecretBytes.zero(&lastValues)
        run = nil
    }

    private func embeddingBlock(
        _ statement: Challenge,
        _ attestation: SensorAttestation,
        blinders: [UInt8],
        commitment: [UInt8]
    ) throws(SampleFailure) -> (MatchProver.Sample, SensorAttestation.Block) {
        var encoded = lastValues + blinders
        defer { SecretBytes.zero(&encoded) }
        guard blinders.count == 32, let opening = try? EmbeddingOpening(decoding: encoded) else {
            throw SensorClient.nonsense
        }
        guard opening.values.count == statement.dimension, opening.commitment.bytes == commitment else {
            throw Self.unfitting
        }
        let shape = TensorShape(channels: 1, height: 1, width: statement.dimension)
        return (
            MatchProver.Sample(opening: opening, attestation: attestation),
            SensorAttestation.Block(shape: shape, rows: [opening.commitment])
        )
    }

    /// The opening of a start block: its entries as i16, and a blinder of 32 bytes for each row.
    private func startOpening(
        _ blinders: [UInt8],
        start: Int,
        model: EmbeddingModel
    ) throws(SampleFailure) -> StartOpening {
        guard lastValues.count % 2 == 0, blinders.count % 32 == 0 else { throw SensorClient.nonsense }
        let entries = stride(from: 0, to: lastValues.count, by: 2).map {
            Int16(bitPattern: UInt16(lastValues[$0]) | UInt16(lastValues[$0 + 1]) << 8)
        }
        var scalars: [Scalar] = []
        for offset in stride(from: 0, to: blinders.count, by: 32) {
            guard let scalar = Scalar(canonicalBytes: blinders[offset..<offset + 32]) else {
                throw SensorClient.nonsense
            }
            scalars.append(scalar)
        }
        guard
            let opening = try? StartOpening(
                values: entries,
                blinders: scalars,
                description: model.published.description,
                start: start
            )
        else { throw SensorClient.nonsense }
        return opening
    }

    /// The run of the network from a committed block.
    private mutating func trace(
        _ model: EmbeddingModel,
        from start: Int,
        _ values: [Int16]
    ) throws(SampleFailure) -> NetworkTraceValues {
        if let run, run.model == model.identity, run.start == start, run.values == values { return run.trace }
        guard let trace = try? model.traceValues(from: start, values) else { throw Self.unfitting }
        run = Run(model: model.identity, start: start, values: values, trace: trace)
        return trace
    }

    private static let unfitting = SampleFailure.unavailable(hint: "the sensor's sample does not fit the challenge")
}
