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
        let opening = try StartOpening(
            committing: trace.blocks[start],
            description: network.description,
            start: start
        )
        parameters = ParameterRows(
            network.description,
            parameters: network.parameters,
            blindingSeed: privateWeights ? Array(repeating: 5, count: 32) : nil
        )
        input = NetworkProver.Input(
            startRows: opening.commitments,
            startBlinders: opening.blinders,
            embeddingRow: generators.commit(small: embedding, bits: 10, blinder: blinder).compress(),
            embeddingBlinder: blinder,
            witness: try #require(NetworkWitness(shape, trace: trace)),
            parameters: parameters
        )
        context = NetworkContext(
            challenge: Array("challenge".utf8),
            attestation: [],
            model: Array(repeating: 1, count: 32),
            sample: 0,
            start: start
        )
    }

    var statement: NetworkStatement { NetworkStatement(shape, context) }

    /// The shipped prover's proof.
    func prove(using generator: some RandomNumberGenerator = SystemRandom()) throws -> NetworkProofBody {
        var system = generator
        return try NetworkProver.prove(statement, input, using: &system)
    }

    func accepts(_ body: NetworkProofBody) -> Bool {
        NetworkMutant.none.accepts(
            OfferedProof(
                shape: shape,
                context: context,
                embeddingRow: input.embeddingRow,
                parameters: parameters.commitments,
                body: body
            )
        )
    }
}
