import Testing

@testable import IntegerNetwork
@testable import Models

/// What a network says of itself to verifiers.
@Suite struct DescriptionTests {
    @Test func quotientsAreThoseOfTheLayersWithTheTable() throws {
        for seed in UInt64(0)..<20 {
            let input = TensorShape(channels: 1, height: 9, width: 8)
            let network = try RandomNetwork.make(input: input, layers: 5, seed: seed)
            for (index, table) in network.description.tables.enumerated() {
                var expected = 0...0
                for (position, layer) in network.layers.enumerated() where layer.table == index {
                    for bounds in network.quotientBounds(ofLayer: position) {
                        expected =
                            min(
                                expected.lowerBound,
                                bounds.lowerBound
                            )...max(
                                expected.upperBound,
                                bounds.upperBound
                            )
                    }
                }
                #expect(table.quotients == expected)
                #expect(table.activation == network.tables[index])
            }
            #expect(throws: Never.self) { try network.description.validate() }
            #expect(network.description.layers.map(\.output) == network.layers.map(\.output))
        }
    }

    @Test func theHeadStartsAtTheLastBlockThatIsReadAlone() throws {
        let shape = TensorShape(channels: 1, height: 1, width: 1)
        func start(_ sources: [[BlockSource]]) throws -> Int {
            let layers = sources.enumerated().map { index, sources in
                let term = LinearTerm(
                    kind: .convolution,
                    sources: sources,
                    kernelHeight: 1,
                    kernelWidth: 1,
                    weights: [1]
                )
                return Layer(name: "\(index)", terms: [term], bias: [0], output: shape, table: 0)
            }
            let network = try IntegerNetwork(
                input: shape,
                shift: 4,
                tableBits: 12,
                tables: [.embedding],
                layers: layers
            )
            return network.description.headStart
        }
        let z = { BlockSource(block: $0) }
        let p = { BlockSource(block: $0, column: .positivePart) }
        #expect(try start([[z(0)]]) == 0)
        #expect(try start([[z(0)], [z(1)]]) == 1)
        #expect(try start([[z(0)], [z(1)], [z(2)]]) == 2)
        // The last layer reads an earlier block as well.
        #expect(try start([[z(0)], [z(1)], [z(1), z(2)]]) == 1)
        #expect(try start([[z(0)], [z(1)], [z(2)], [z(2), z(3)]]) == 2)
        #expect(try start([[z(0)], [z(1)], [z(0), z(2)]]) == 0)
        // Only the lookup of a layer gives max(z, 0).
        #expect(try start([[z(0)], [z(1)], [p(2)]]) == 1)
        #expect(try start([[z(0)], [p(1)]]) == 0)
    }

    @Test func parametersAreThoseOfTheLayers() throws {
        let network = try ModelFileTests.smallModel().network
        #expect(network.parameters.biases == network.layers.map(\.bias))
        #expect(network.parameters.weights == network.layers.map { $0.terms.map(\.weights) })
    }

    @Test func traceEndsInTheEmbedding() throws {
        let model = try ModelFileTests.smallModel()
        let pixels = (0..<model.input.count).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let trace = try model.traceValues(input: pixels)
        #expect(trace.blocks.count == model.network.layers.count + 1)
        #expect(trace.blocks.last == (try model.embed(input: pixels)))
        #expect(trace.accumulators.count == model.network.layers.count)
        #expect(throws: ModelError.wrongInputSize) { try model.traceValues(input: [1]) }
    }
}
