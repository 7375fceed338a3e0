import Testing

@testable import Encoding
@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// Tables of kind 2: q by a gate that opens along q.
@Suite struct GateTableTests {
    private let gate = ActivationTable.gate(a: 21, b: 60, c: 130, shift: 11, lower: -20, upper: 255)

    @Test func valuesAreThoseOfTheText() throws {
        try self.gate.validate()
        #expect(self.gate.value(at: 0) == 0)
        for q in -400...400 {
            let opening = q < -60 ? 0 : q > 70 ? 130 : q + 60
            // Rounded half up, in halves of the unit.
            let exact = Double(21 * q * opening) / 2048
            let expected = min(max(Int((exact + 0.5).rounded(.down)), -20), 255)
            #expect(self.gate.value(at: q) == expected)
        }
        // The widest parameters, at both ends.
        let wide = ActivationTable.gate(
            a: (1 << 31) - 1,
            b: -(1 << 31) + 1,
            c: (1 << 31) - 1,
            shift: 62,
            lower: -128,
            upper: 255
        )
        try wide.validate()
        for q in [-32768, 0, 32767] { #expect(wide.value(at: q) == 0) }
    }

    @Test func parametersOutsideTheFormatAreRefused() {
        for table in [
            ActivationTable.gate(a: 1 << 31, b: 0, c: 1, shift: 1, lower: 0, upper: 1),
            .gate(a: 1, b: -(1 << 31), c: 1, shift: 1, lower: 0, upper: 1),
            .gate(a: 1, b: 0, c: 0, shift: 1, lower: 0, upper: 1),
            .gate(a: 1, b: 0, c: 1 << 31, shift: 1, lower: 0, upper: 1),
            .gate(a: 1, b: 0, c: 1, shift: 0, lower: 0, upper: 1),
            .gate(a: 1, b: 0, c: 1, shift: 63, lower: 0, upper: 1),
            .gate(a: 1, b: 0, c: 1, shift: 1, lower: -129, upper: 1),
            .gate(a: 1, b: 0, c: 1, shift: 1, lower: 0, upper: 256),
        ] {
            #expect(throws: ModelError.invalidTable) { try table.validate() }
        }
    }

    @Test func encodingIsThatOfTheText() throws {
        var writer = ByteWriter()
        self.gate.encode(into: &writer)
        #expect(writer.bytes == [2, 0xEC, 0xFF, 0xFF, 0, 21, 0, 0, 0, 60, 0, 0, 0, 130, 0, 0, 0, 11])
        var reader = ByteReader<ModelError>(writer.bytes)
        #expect(try ActivationTable(decoding: &reader) == self.gate)
        #expect(reader.remaining == 0)
        for count in writer.bytes.indices {
            var short = ByteReader<ModelError>(Array(writer.bytes.prefix(count)))
            #expect(throws: ModelError.truncated) { try ActivationTable(decoding: &short) }
        }
    }

    @Test(arguments: [0, 4])
    func provesAndBindsItsParameters(start: Int) throws {
        let network = TestNetworks.curved
        try network.description.validate()
        let bench = try Bench(network, start: start)
        #expect(bench.accepts(try bench.prove()))

        // The same proof, with the tables of another description.
        for other in [
            ActivationTable.gate(a: 22, b: 60, c: 130, shift: 11, lower: -20, upper: 255),
            .gate(a: 21, b: 61, c: 130, shift: 11, lower: -20, upper: 255),
            .gate(a: 21, b: 60, c: 131, shift: 11, lower: -20, upper: 255),
            .gate(a: 21, b: 60, c: 130, shift: 12, lower: -20, upper: 255),
            .gate(a: 21, b: 60, c: 130, shift: 11, lower: -5, upper: 255), .unsigned,
        ] {
            let attempt = try NetworkAttempt(network)
            var proof = try attempt.prove().proof
            #expect(NetworkMutant.none.accepts(proof))
            var description = network.description
            description.tables[0].activation = other
            proof.shape = NetworkShape(description, start: 0)
            #expect(!NetworkMutant.none.accepts(proof))
        }
    }
}
