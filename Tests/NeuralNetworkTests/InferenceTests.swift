import Testing

@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

@Suite struct InferenceTests {
    /// One position, one channel: acc = weight * (pixel - 128) + bias.
    private func point(
        weight: Int32,
        bias: Int32,
        shift: Int = 8,
        table: ActivationTable = .embedding
    ) throws -> IntegerNetwork {
        let shape = TensorShape(channels: 1, height: 1, width: 1)
        let term = LinearTerm(
            kind: .convolution,
            sources: [BlockSource(block: 0)],
            kernelHeight: 1,
            kernelWidth: 1,
            weights: [weight]
        )
        return try IntegerNetwork(
            input: shape,
            shift: shift,
            tableBits: 15,
            tables: [table],
            layers: [Layer(name: "point", terms: [term], bias: [bias], output: shape, table: 0)]
        )
    }

    @Test(arguments: [7, 8, 9, 15, 16, 17, 31, 32, 33])
    func fastKernelsGiveTheBitsOfTheNaiveReference(side: Int) throws {
        for seed in UInt64(0)..<12 {
            var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(side))
            let other = side + Int.random(in: -1...1, using: &generator)
            let input = TensorShape(channels: Int.random(in: 1...5, using: &generator), height: side, width: other)
            let network = try RandomNetwork.make(input: input, layers: 6, seed: seed &+ UInt64(side) << 32)
            let pixels = (0..<input.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let expected = NaiveNetwork.run(network, pixels: pixels)
            let trace = try network.trace(pixels)
            #expect(trace.blocks.map { $0.map(Int.init) } == expected.blocks)
            #expect(trace.accumulators.map { $0.map(Int.init) } == expected.accumulators)
            #expect(try network.embed(pixels).map(Int.init) == expected.blocks.last)
        }
    }

    @Test func wideAndFlatShapesGiveTheBitsOfTheNaiveReference() throws {
        for (index, shape) in [(1, 1, 1), (1, 1, 67), (33, 1, 1), (2, 65, 3), (17, 4, 4)].enumerated() {
            let input = TensorShape(channels: shape.0, height: shape.1, width: shape.2)
            let network = try RandomNetwork.make(input: input, layers: 3, seed: 77 + UInt64(index))
            var generator = SeededGenerator(seed: UInt64(index))
            let pixels = (0..<input.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(try network.embed(pixels).map(Int.init) == NaiveNetwork.run(network, pixels: pixels).blocks.last)
        }
    }

    @Test(arguments: [
        (0, 0), (-1, 0), (127, 0), (128, 1), (-128, 0), (-129, -1), (255, 1), (256, 1), (383, 1), (384, 2), (-384, -1),
        (-385, -2),
    ])
    func roundsHalfUp(accumulator: Int, quotient: Int) throws {
        let trace = try self.point(weight: 0, bias: Int32(accumulator)).trace([0])
        #expect(trace.accumulators == [[Int32(accumulator)]])
        #expect(trace.blocks[1] == [Int16(quotient)])
    }

    /// The quotients of the first layer.
    private func quotients(_ network: IntegerNetwork, _ pixels: [UInt8]) throws -> [Int] {
        try network.trace(pixels).accumulators[0].map { (Int($0) + (1 << (network.shift - 1))) >> network.shift }
    }

    @Test(arguments: [
        (ActivationTable.unsigned, [-300: 0, -1: 0, 0: 0, 254: 254, 255: 255, 256: 255, 9000: 255]),
        (.signed, [-9000: -128, -129: -128, -128: -128, -127: -127, 127: 127, 128: 127, 9000: 127]),
        (.embedding, [-9000: -127, -128: -127, -127: -127, 126: 126, 127: 127, 128: 127]),
    ])
    func saturatesAtBothEnds(table: ActivationTable, values: [Int: Int]) throws {
        for (quotient, expected) in values {
            #expect(table.value(at: quotient) == expected)
            // The embedding must be symmetric, so the table under test is that of a first layer.
            let shape = TensorShape(channels: 1, height: 1, width: 1)
            let copy = { (block: Int, weight: Int32) in
                LinearTerm(
                    kind: .depthwise,
                    sources: [BlockSource(block: block)],
                    kernelHeight: 1,
                    kernelWidth: 1,
                    weights: [weight]
                )
            }
            let network = try IntegerNetwork(
                input: shape,
                shift: 4,
                tableBits: 15,
                tables: [table] + (table == .embedding ? [] : [.embedding]),
                layers: [
                    Layer(name: "a", terms: [copy(0, 0)], bias: [Int32(quotient * 16)], output: shape, table: 0),
                    Layer(
                        name: "b",
                        terms: [copy(1, 16)],
                        bias: [0],
                        output: shape,
                        table: table == .embedding ? 0 : 1
                    ),
                ]
            )
            #expect(try network.trace([200]).blocks[1] == [Int16(expected)])
        }
    }

    @Test func everyTableMapsZeroToZero() {
        for table in [
            ActivationTable.unsigned, .signed, .embedding, .quadratic(a: 7, b: -9, shift: 3, lower: -128, upper: 127),
        ] {
            #expect(table.value(at: 0) == 0)
        }
        #expect(throws: ModelError.invalidTable) { try ActivationTable.clip(lower: 1, upper: 255).validate() }
        #expect(throws: ModelError.invalidTable) { try ActivationTable.clip(lower: -5, upper: -1).validate() }
    }

    @Test func worstCaseThatMeetsTheTableExactlyIsAcceptedAndOneMoreIsRefused() throws {
        // q <= 2^14 - 1 means acc <= 2^14 * 2^8 - 2^7 - 1; the greatest input is 127, the least -128.
        let greatest = (1 << 22) - (1 << 7) - 1
        let weight = 30000
        let network = try self.point(weight: Int32(weight), bias: Int32(greatest - 127 * weight))
        #expect(network.quotientBounds(ofLayer: 0)[0].upperBound == 16383)
        #expect(try self.quotients(network, [255]) == [16383])
        #expect(throws: ModelError.accumulatorOutsideTable(name: "point", channel: 0)) {
            try self.point(weight: Int32(weight), bias: Int32(greatest - 127 * weight + 1))
        }
        let least = -(1 << 22) - (1 << 7)
        let lowest = try self.point(weight: Int32(weight), bias: Int32(least + 128 * weight))
        #expect(try self.quotients(lowest, [0]) == [-16384])
        #expect(throws: ModelError.accumulatorOutsideTable(name: "point", channel: 0)) {
            try self.point(weight: Int32(weight), bias: Int32(least + 128 * weight - 1))
        }
    }

    @Test func boundsOfTheTwoColumnsOfALookupAreJoint() throws {
        // 100 z - 100 max(z, 0) is 0 for z > 0 and 100 z below: in -12800...0, where separate bounds give +-25500.
        let shape = TensorShape(channels: 1, height: 1, width: 1)
        let term = { (block: Int, column: BlockSource.Column, weight: Int32) in
            LinearTerm(
                kind: .convolution,
                sources: [BlockSource(block: block, column: column)],
                kernelHeight: 1,
                kernelWidth: 1,
                weights: [weight]
            )
        }
        let network = try IntegerNetwork(
            input: shape,
            shift: 2,
            tableBits: 15,
            tables: [.signed, .embedding],
            layers: [
                Layer(name: "a", terms: [term(0, .activation, 4)], bias: [0], output: shape, table: 0),
                Layer(
                    name: "b",
                    terms: [term(1, .activation, 100), term(1, .positivePart, -100)],
                    bias: [0],
                    output: shape,
                    table: 1
                ),
            ]
        )
        #expect(network.quotientBounds(ofLayer: 1) == [-3200...0])
        for pixel in [UInt8(0), 127, 128, 129, 255] {
            let z = Int(pixel) - 128
            #expect(try network.trace([pixel]).accumulators[1] == [Int32(z < 0 ? 100 * z : 0)])
        }
    }

    @Test func boundsHoldForExtremeInputs() throws {
        for seed in UInt64(0)..<8 {
            let input = TensorShape(channels: 1, height: 5, width: 5)
            let network = try RandomNetwork.make(input: input, layers: 0, seed: seed)
            let bounds = network.quotientBounds(ofLayer: 0)
            // The input that makes the first output greatest takes 127 or -128 by the sign of each weight.
            let pixels = network.layers[0].terms[0].weights[0..<25].map { UInt8($0 > 0 ? 255 : 0) }
            #expect(try self.quotients(network, pixels)[0] == bounds[0].upperBound)
            let inverse = pixels.map { 255 - $0 }
            #expect(try self.quotients(network, inverse)[0] == bounds[0].lowerBound)
        }
    }

    @Test func inputOfTheWrongSizeIsRefused() throws {
        let network = try self.point(weight: 1, bias: 0)
        #expect(throws: ModelError.wrongInputSize) { try network.embed([]) }
        #expect(throws: ModelError.wrongInputSize) { try network.embed([1, 2]) }
    }
}
