import Ristretto255
import Testing

@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// Every field of a network's description matters: changed, it names another model, and a proof for the old one is
/// refused even where the model's identity is forced to stay.
@Suite struct NetworkDescriptionTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// False where the statement stays the same, so that only the identity tells.
        var changesStatement = true
        let apply: @Sendable (inout NetworkDescription) -> Void

        init(
            _ name: String,
            changesStatement: Bool = true,
            _ apply: @escaping @Sendable (inout NetworkDescription) -> Void
        ) {
            testDescription = name
            self.changesStatement = changesStatement
            self.apply = apply
        }
    }

    static let changes: [Change] = [
        Change("stride y") { $0.layers[0].terms[0].strideY = 1 },
        Change("stride x") { $0.layers[0].terms[0].strideX = 3 },
        Change("stride of 1 x 1 output", changesStatement: false) { $0.layers[4].terms[0].strideY = 2 },
        Change("pad top") { $0.layers[0].terms[0].padTop = 0 },
        Change("pad left") { $0.layers[1].terms[0].padLeft = 2 },
        // Kernels within the same power of two keep every length; those beyond hit other weights.
        Change("kernel height 3 to 2") { $0.layers[0].terms[0].kernelHeight = 2 },
        Change("kernel width 3 to 4", changesStatement: false) { $0.layers[0].terms[0].kernelWidth = 4 },
        Change("kernel height 3 to 5") { $0.layers[0].terms[0].kernelHeight = 5 },
        Change("table of a layer") { $0.layers[0].table = 1 },
        Change("table of the last layer") { $0.layers[4].table = 1 },
        Change("convolution to depthwise") { $0.layers[1].terms[0].kind = .depthwise },
        Change("depthwise to convolution") { $0.layers[3].terms[0].kind = .convolution },
        Change("source block") { $0.layers[2].terms[0].sources = [BlockSource(block: 1)] },
        Change("source column") { $0.layers[2].terms[1].sources[0].column = .activation },
        Change("source column, the other way") { $0.layers[2].terms[0].sources[0].column = .positivePart },
        Change("residual source dropped") { $0.layers[3].terms[0].sources.removeLast() },
        Change("residual source doubled") { $0.layers[3].terms[0].sources.append(BlockSource(block: 2)) },
        Change("residual sources in another order", changesStatement: false) {
            $0.layers[3].terms[0].sources.swapAt(0, 1)
        },
        Change("terms in another order") { $0.layers[2].terms.swapAt(0, 1) },
        Change("term dropped") { $0.layers[2].terms.removeLast() },
        Change("layers in another order") { description in
            let sources = (description.layers[1].terms, description.layers[2].terms)
            description.layers.swapAt(1, 2)
            description.layers[1].terms = sources.1.map { term in
                var term = term
                term.sources = [BlockSource(block: 1)]
                return term
            }
        },
        Change("two channels more, in the padding", changesStatement: false) { $0.layers[1].output.channels = 7 },
        Change("a channel less") { $0.layers[1].output.channels = 4 },
        Change("a row less") { $0.layers[1].output.height = 5 },
        Change("a column more") { $0.layers[1].output.width = 8 },
        Change("input row less") { $0.input.height = 10 },
        Change("dimension") { $0.layers[4].output.channels = 8 },
        Change("shift + 1") { $0.shift = 5 },
        Change("shift - 1") { $0.shift = 3 },
        Change("quotient range, upper end") { description in
            let range = description.tables[0].quotients
            description.tables[0].quotients = range.lowerBound...range.upperBound + 1
        },
        Change("quotient range, lower end") { description in
            let range = description.tables[1].quotients
            description.tables[1].quotients = range.lowerBound + 1...range.upperBound
        },
        Change("a table's bound") { $0.tables[0].activation = .clip(lower: 0, upper: 254) },
        Change("a table's function") {
            $0.tables[1].activation = .quadratic(a: 0, b: 1, shift: 1, lower: -128, upper: 127)
        },
        Change("tables in another order", changesStatement: false) { description in
            description.tables.swapAt(0, 1)
            for index in description.layers.indices where description.layers[index].table < 2 {
                description.layers[index].table = 1 - description.layers[index].table
            }
        },
        Change("an unused table more", changesStatement: false) {
            $0.tables.append(NetworkDescription.Table(activation: .clip(lower: -1, upper: 1), quotients: -1...1))
        },
        Change("layer's name", changesStatement: false) { $0.layers[0].name = "other" },
        Change("head start", changesStatement: false) { $0.headStart = 0 },
    ]

    @Test(arguments: changes)
    func isBound(change: Change) throws {
        let network = TestNetworks.mixed
        var description = network.description
        change.apply(&description)
        #expect(description != network.description)

        let rows = ParameterRows(network.description, parameters: network.parameters, blindingSeed: nil).commitments
        let model = try publish(network.description, rows)
        if let other = try? publish(description, rows) { #expect(other.identity != model.identity) }

        var attempt = try NetworkAttempt(network)
        attempt.context.model = model.identity
        var proof = try attempt.prove().proof
        #expect(NetworkMutant.none.accepts(proof))
        // With the identity forced to stay the changed equations, or the changed lengths, refuse.
        proof.shape = NetworkShape(description, start: 0)
        if change.changesStatement { #expect(!NetworkMutant.none.accepts(proof)) }
        proof.context.model[0] ^= 1
        #expect(!NetworkMutant.none.accepts(proof))
    }

    private func publish(_ description: NetworkDescription, _ rows: [CompressedRistretto]) throws -> PublishedModel {
        try PublishedModel(
            header: SampleModel.header,
            description: description,
            hasPrivateWeights: false,
            parameterRows: rows
        )
    }
}
