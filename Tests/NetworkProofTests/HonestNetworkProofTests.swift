import Testing

@testable import ProofTestSupport

@Suite struct HonestNetworkProofTests {
    @Test(arguments: [
        (TestNetworks.dense, 0), (TestNetworks.dense, 1), (TestNetworks.mixed, 0), (TestNetworks.mixed, 4),
        (TestNetworks.wide, 0), (TestNetworks.wide, 2), (TestNetworks.curved, 0), (TestNetworks.curved, 4),
    ])
    func isAccepted(network: RandomNetwork, start: Int) throws {
        try network.description.validate()
        let bench = try Bench(network, start: start)
        var lies = NetworkLies()
        lies.inspection = { constraints, wires in
            #expect(constraints.violated(by: wires) == [])
        }
        #expect(bench.accepts(try lies.prove(bench.statement, bench.input)))
        let proof = try bench.prove()
        #expect(proof.maskedScalars.count == bench.shape.maskedScalarCount)
        #expect(bench.accepts(proof))
    }

    @Test func isAcceptedWithPrivateWeights() throws {
        let bench = try Bench(TestNetworks.mixed, privateWeights: true)
        #expect(bench.accepts(try bench.prove()))
    }
}
