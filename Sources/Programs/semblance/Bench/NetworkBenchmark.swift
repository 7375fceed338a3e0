import Commitments
import Foundation
import IntegerNetwork
import MatchProof
import ModelTools
import Models
import Ristretto255
import Sodium
import Statement

/// A login at assurance `head` or `full` against a template of the same image.
struct NetworkBenchmark {
    struct Report: Codable {
        let model: String
        let identity: String
        let assurance: String
        let processors: Int
        let dimension: Int
        let activations: Int
        let weights: Int
        let multiplications: Int
        let startRows: Int
        let repetitions: Int
        /// The network alone, on preprocessed pixels.
        let inferenceMilliseconds: Double
        /// The sensor's commitment to the start block.
        let commitMilliseconds: Double
        /// The prover, from the integers of a run to an encoded envelope.
        let proveMilliseconds: Double
        /// Processor time of one proof, all threads together: on a busy machine the better figure.
        let proveProcessorMilliseconds: Double
        /// The verifier, from an encoded envelope to a verdict.
        let verifyMilliseconds: Double
        /// The same for each of 16 in a batch, as a busy verifier has them.
        let verifyBatchMilliseconds: Double
        let proveToInference: Double
        let proofBytes: Int
        /// The published model, all that a verifier needs besides its own keys.
        let publishedBytes: Int
        /// Until one proof was proved and verified.
        let peakMemoryMegabytes: Double
        /// Processor time of one scalar product in this run, in nanoseconds.
        let productNanoseconds: Double
        /// Processor time of the network's proof, in those products for each activation.
        let productsPerActivation: NetworkPhases
    }

    let model: EmbeddingModel
    /// Preprocessed, `model.input.count` of them.
    let pixels: [UInt8]
    let assurance: Assurance

    private let verifierKey = SigningKey()
    private let sensorKey = SigningKey()

    init(model: EmbeddingModel, pixels: [UInt8], assurance: Assurance) {
        self.model = model
        self.pixels = pixels
        self.assurance = assurance
    }

    func run(repetitions: Int) throws -> Report {
        let published = model.published
        let description = published.description
        guard let block = published.startBlock(at: assurance) else { throw ProverError.unsupportedAssurance }

        var embedding: [Int16] = []
        let inference = try Stopwatch(repetitions: max(9, repetitions)).median {
            embedding = try model.embed(input: pixels)
        }
        let template = try enrolled(embedding)
        let login = SignedChallenge(
            signing: try challenge(.authenticate, at: assurance, template: template.commitment),
            with: verifierKey
        )

        let trace = try model.traceValues(input: pixels)
        var start = try StartOpening(committing: trace.blocks[block], description: description, start: block)
        let commit = try Stopwatch(repetitions: repetitions).median {
            start = try StartOpening(committing: trace.blocks[block], description: description, start: block)
        }
        let sample = try sensorSample(embedding, block: block, start: start, trace: trace, for: login)

        let stopwatch = Stopwatch(repetitions: repetitions, warmsUp: false)
        var envelope: [UInt8] = []
        let processorStart = Processor.seconds
        let prove = try stopwatch.median {
            envelope = try MatchProver().prove(
                login,
                samples: [sample],
                template: template,
                model: model.provingModel
            ).envelope
        }
        let processor = (Processor.seconds - processorStart) / Double(repetitions)
        let verify = try stopwatch.median { try check(envelope) }
        let peak = Memory.peakMegabytes
        let batch = try stopwatch.median {
            try VerifierBatch.check(envelope, times: 16, verifierKey: verifierKey.publicKey, model: published)
        }
        let product = ScalarProduct.seconds()
        let phases = try self.phases(login, sample, start: block, repetitions: repetitions, product: product)
        let size = ModelDescription(published)
        return Report(
            model: published.name,
            identity: size.identity,
            assurance: assurance.name,
            processors: ProcessInfo.processInfo.activeProcessorCount,
            dimension: published.dimension,
            activations: size.activations,
            weights: size.weights,
            multiplications: size.multiplications,
            startRows: start.commitments.count,
            repetitions: repetitions,
            inferenceMilliseconds: inference * 1e3,
            commitMilliseconds: commit * 1e3,
            proveMilliseconds: prove * 1e3,
            proveProcessorMilliseconds: processor * 1e3,
            verifyMilliseconds: verify * 1e3,
            verifyBatchMilliseconds: batch / 16 * 1e3,
            proveToInference: prove / inference,
            proofBytes: envelope.count,
            publishedBytes: published.encode().count,
            peakMemoryMegabytes: peak,
            productNanoseconds: product * 1e9,
            productsPerActivation: phases
        )
    }

    private func check(_ envelope: [UInt8]) throws {
        let published = model.published
        _ = try MatchVerifier().verify(
            ProofEnvelope(decoding: envelope, model: { $0 == published.identity ? published : nil }),
            verifierKey: verifierKey.publicKey,
            sensorKey: sensorKey.publicKey
        )
    }

    private static let time: UInt64 = 1

    /// The template of an enrolment by this one sample. At `match`: how it was enrolled makes no difference to a login.
    private func enrolled(_ embedding: [Int16]) throws -> TemplateOpening {
        let challenge = SignedChallenge(signing: try challenge(.enrol, at: .match, template: nil), with: verifierKey)
        let sample = CommittedSample(opening: try EmbeddingOpening(committing: embedding), attestation: nil)
        guard let template = try MatchProver().prove(challenge, samples: [sample], template: nil).newTemplate else {
            throw ProverError.wrongTemplate
        }
        return template
    }

    /// What a sensor hands the prover for a login.
    private func sensorSample(
        _ embedding: [Int16],
        block: Int,
        start: StartOpening,
        trace: NetworkTraceValues,
        for login: SignedChallenge
    ) throws -> CommittedSample {
        CommittedSample(
            opening: try EmbeddingOpening(committing: embedding),
            attestation: SensorAttestation.sign(
                challenge: login,
                time: Self.time,
                shape: model.published.description.shape(ofBlock: block),
                rows: start.commitments,
                with: sensorKey
            ),
            network: NetworkEvidence(start: start, trace: trace)
        )
    }

    private func challenge(
        _ role: Role,
        at assurance: Assurance,
        template: CompressedRistretto?
    ) throws -> Challenge {
        try Challenge(
            role: role,
            modality: Modality(name: model.modality) ?? .face,
            assurance: assurance,
            audience: "bench",
            verifierKey: verifierKey.publicKey.bytes,
            purpose: "bench",
            subject: "bench",
            label: "default",
            nonce: SecureRandom.bytes(32),
            clientKey: [UInt8](repeating: 0, count: 32),
            template: template,
            epoch: role == .enrol ? 0 : 1,
            model: model.identity,
            dimension: model.dimension,
            threshold: 32_768,
            minimumNorm: model.minimumNorm,
            samples: 1,
            issuedAt: Self.time,
            expiresAt: Self.time + 60
        )
    }
}
