import Commitments
import IntegerNetwork
import Interfaces
import Models
import Statement

/// Makes proofs' samples of what a sensor gave, one after the other, if they are for their challenges.
///
/// At `head` and `full` the network is run on what the sensor committed: once for all samples of the same model and
/// values.
struct SampleDecoder {
    private let models: [EmbeddingModel]
    private var run: Run?

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
        _ sample: SensorSample,
        _ challenge: SignedChallenge
    ) throws(SampleFailure) -> [CommittedSample] {
        let parts = challenge.challenge.parts
        let given = [sample.block] + [sample.previous].compactMap { $0 }
        guard given.count == parts.count else { throw SensorClient.nonsense }
        var blocks: [SensorAttestation.Block] = []
        var samples: [CommittedSample] = []
        for (block, part) in zip(given, parts) {
            let (sample, attested) = try decode(block, challenge.challenge.statement(of: part), sample.attestation)
            samples.append(sample)
            blocks.append(attested)
        }
        guard sample.attestation.isValid(challenge: challenge, blocks: blocks) else { throw Self.unfitting }
        return samples
    }

    /// - Parameter statement: of one part of the challenge.
    private mutating func decode(
        _ block: SensorSample.Block,
        _ statement: Challenge,
        _ attestation: SensorAttestation
    ) throws(SampleFailure) -> (CommittedSample, SensorAttestation.Block) {
        do {
            return statement.assurance == .match
                ? try embedding(block, statement, attestation) : try start(block, statement, attestation)
        } catch let fault as SensorSample.Fault {
            throw fault.member == "commitment" ? Self.unfitting : SensorClient.nonsense
        } catch let failure as SampleFailure {
            throw failure
        } catch {
            throw SensorClient.nonsense
        }
    }

    private func embedding(
        _ block: SensorSample.Block,
        _ statement: Challenge,
        _ attestation: SensorAttestation
    ) throws -> (CommittedSample, SensorAttestation.Block) {
        let opening = try block.embeddingOpening()
        guard opening.values.count == statement.dimension else { throw Self.unfitting }
        let shape = TensorShape(channels: 1, height: 1, width: statement.dimension)
        return (
            CommittedSample(opening: opening, attestation: attestation),
            SensorAttestation.Block(shape: shape, rows: [opening.commitment])
        )
    }

    private mutating func start(
        _ block: SensorSample.Block,
        _ statement: Challenge,
        _ attestation: SensorAttestation
    ) throws -> (CommittedSample, SensorAttestation.Block) {
        guard let model = models.first(where: { $0.identity == statement.model }),
            let start = model.published.startBlock(at: statement.assurance)
        else {
            throw SampleFailure.unavailable(
                hint: "the model cannot be proved at assurance \(statement.assurance.name)"
            )
        }
        let opening = try block.startOpening(model.published.description, start: start)
        let trace = try trace(model, from: start, opening.values)
        guard let output = trace.blocks.last, let embedding = try? EmbeddingOpening(committing: output) else {
            throw Self.unfitting
        }
        return (
            CommittedSample(
                opening: embedding,
                attestation: attestation,
                network: NetworkEvidence(start: opening, trace: trace)
            ),
            SensorAttestation.Block(shape: model.published.description.shape(ofBlock: start), rows: opening.commitments)
        )
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
