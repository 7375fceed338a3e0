import Bulletproofs
import Commitments
import Ristretto255
import Sodium
import Testing

@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// A network, an input and the honest proof's ingredients.
struct Bench {
    let network: RandomNetwork
    let shape: NetworkShape
    var input: NetworkProver.Input
    let parameters: ParameterRows
    var context: NetworkContext

    init(_ network: RandomNetwork, start: Int = 0, seed: UInt64 = 7, privateWeights: Bool = false) throws {
        self.network = network
        shape = NetworkShape(network.description, start: start)
        let trace = network.trace(network.randomInput(seed: seed))
        let blinder = Scalar(UInt64(seed) + 99)
        let generators = RowGenerators.forWidth(shape.columnCount)
        let embedding = trace.blocks[trace.blocks.count - 1].map(Int32.init)
        input = NetworkProver.Input(
            start: try StartOpening(
                committing: trace.blocks[start],
                description: network.description,
                start: start
            ),
            embeddingBlinder: blinder,
            embeddingRow: generators.commit(small: embedding, bits: 10, blinder: blinder).compress(),
            witness: try #require(NetworkWitness(shape, trace: trace))
        )
        parameters = ParameterRows(
            network.description,
            parameters: network.parameters,
            blindingSeed: privateWeights ? Array(repeating: 5, count: 32) : nil
        )
        context = NetworkContext(
            challenge: Array("challenge".utf8),
            attestation: [],
            model: Array(repeating: 1, count: 32),
            sample: 0,
            start: start
        )
    }

    func prove(_ experiment: NetworkExperiment = NetworkExperiment()) throws -> NetworkProofBody {
        try NetworkProver.prove(
            shape,
            context,
            input: input,
            parameters: parameters,
            experiment: experiment
        )
    }

    func accepts(
        _ body: NetworkProofBody,
        context: NetworkContext? = nil,
        parameters other: ParameterRows? = nil,
        shape otherShape: NetworkShape? = nil,
        embeddingRow: CompressedRistretto? = nil,
        experiment: NetworkExperiment = NetworkExperiment()
    ) -> Bool {
        guard let points = RistrettoPoint.decompressBatch((other ?? parameters).commitments),
            let equations = try? NetworkVerifier.equations(
                otherShape ?? shape,
                context ?? self.context,
                embeddingRow: embeddingRow ?? input.embeddingRow,
                body: body,
                parameterPoints: points,
                experiment: experiment
            )
        else { return false }
        var randomness = SystemRandom()
        return equations.hold(using: &randomness)
    }
}
