import Ristretto255
import Testing

@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// Sizes round powers of two, kernels and strides beyond the block, values at the ends of their tables.
@Suite struct NetworkSizeTests {
    private func source(_ block: Int) -> [[BlockSource]] { [[BlockSource(block: block)]] }

    private func proves(_ network: RandomNetwork, input: [Int16]? = nil, _ comment: String) throws {
        try network.description.validate()
        var attempt = try NetworkAttempt(network)
        if let input { attempt.fill(network.trace(input)) }
        let (proof, violated) = try attempt.prove()
        #expect(violated.isEmpty, "\(comment)")
        #expect(NetworkMutant.none.accepts(proof), "\(comment)")
    }

    /// Every dimension at 2^k - 1, 2^k, 2^k + 1, together and against each other.
    @Test(arguments: 0..<12)
    func roundPowersOfTwo(index: Int) throws {
        let sizes = [3, 4, 5, 7, 8, 9]
        let (height, width) = (sizes[index % 6], sizes[(index * 5 + index / 6) % 6])
        let channels = sizes[(index + 2) % 6]
        let kernel = (min(height, sizes[index % 3]), min(width, sizes[(index + 1) % 3]))
        let input = TensorShape(channels: 1, height: height, width: width)
        var plans = [
            RandomNetwork.Plan(sources: source(0), channels: channels, kernel: kernel, pad: (1, 1), table: index % 2),
            RandomNetwork.Plan(
                sources: source(1),
                kind: .depthwise,
                channels: channels,
                kernel: (3, 2),
                stride: (1 + index % 3, 1 + index % 2),
                table: 1
            ),
            RandomNetwork.Plan(sources: source(2), channels: sizes[(index + 4) % 6], kernel: (1, 1), pad: (0, 0)),
        ]
        let last = RandomNetwork(input: input, plans: plans, seed: 0).description.layers[2].output
        plans.append(
            RandomNetwork.Plan(
                sources: source(3),
                channels: [7, 8, 9, 127, 128, 129][index % 6],
                kernel: (last.height, last.width),
                pad: (0, 0),
                table: 2
            )
        )
        try proves(RandomNetwork(input: input, plans: plans, seed: UInt64(index)), "\(index)")
    }

    /// Kernels as large as the block and its borders, strides that step over most of it, 1 x 1 blocks throughout.
    @Test func kernelsAndStridesBeyondTheBlock() throws {
        func network(_ height: Int, _ width: Int, _ plan: RandomNetwork.Plan) -> RandomNetwork {
            let shape = TensorShape(
                channels: plan.channels,
                height: (height + 2 * plan.pad.0 - plan.kernel.0) / plan.stride.0 + 1,
                width: (width + 2 * plan.pad.1 - plan.kernel.1) / plan.stride.1 + 1
            )
            return RandomNetwork(
                input: TensorShape(channels: 1, height: height, width: width),
                plans: [
                    plan,
                    RandomNetwork.Plan(
                        sources: source(1),
                        channels: 8,
                        kernel: (shape.height, shape.width),
                        pad: (0, 0),
                        table: 2
                    ),
                ],
                seed: UInt64(height * 31 + width)
            )
        }
        let plans: [(Int, Int, RandomNetwork.Plan)] = [
            (1, 1, RandomNetwork.Plan(sources: source(0), channels: 1, kernel: (1, 1), pad: (0, 0))),
            (1, 1, RandomNetwork.Plan(sources: source(0), kind: .depthwise, channels: 1, kernel: (1, 1), pad: (0, 0))),
            (1, 1, RandomNetwork.Plan(sources: source(0), channels: 3, kernel: (3, 3), pad: (1, 1))),
            (1, 1, RandomNetwork.Plan(sources: source(0), channels: 2, kernel: (5, 5), pad: (3, 3))),
            (2, 7, RandomNetwork.Plan(sources: source(0), channels: 3, kernel: (4, 9), pad: (1, 1))),
            (5, 5, RandomNetwork.Plan(sources: source(0), channels: 3, kernel: (3, 3), stride: (7, 7))),
            (9, 6, RandomNetwork.Plan(sources: source(0), channels: 3, kernel: (2, 2), stride: (5, 4), pad: (0, 0))),
            (9, 6, RandomNetwork.Plan(sources: source(0), channels: 3, kernel: (1, 1), stride: (3, 4), pad: (0, 0))),
            (1, 9, RandomNetwork.Plan(sources: source(0), kind: .depthwise, channels: 1, kernel: (1, 3), pad: (0, 1))),
            (17, 1, RandomNetwork.Plan(sources: source(0), channels: 17, kernel: (3, 1), pad: (1, 0), table: 1)),
        ]
        for (height, width, plan) in plans { try proves(network(height, width, plan), "\(height) x \(width), \(plan)") }
    }

    /// A layer that adds a convolution, a depthwise one and a shortcut of other kernels, pads and sources.
    @Test func termsOfDifferentKinds() throws {
        var network = RandomNetwork(
            input: TensorShape(channels: 1, height: 6, width: 7),
            plans: [
                RandomNetwork.Plan(sources: source(0), channels: 5, table: 1),
                RandomNetwork.Plan(sources: source(1), kind: .depthwise, channels: 5, table: 1),
                RandomNetwork.Plan(sources: source(2), channels: 8, kernel: (6, 7), pad: (0, 0), table: 2),
            ],
            seed: 21
        )
        func term(
            _ kind: NetworkDescription.Term.Kind,
            _ sources: [BlockSource],
            _ kernel: (Int, Int),
            _ pad: (Int, Int)
        ) -> NetworkDescription.Term {
            NetworkDescription.Term(
                kind: kind,
                sources: sources,
                kernelHeight: kernel.0,
                kernelWidth: kernel.1,
                strideY: 1,
                strideX: 1,
                padTop: pad.0,
                padLeft: pad.1
            )
        }
        network.description.layers[1].terms += [
            term(.convolution, [BlockSource(block: 1), BlockSource(block: 1)], (5, 1), (2, 0)),
            term(.convolution, [BlockSource(block: 0)], (1, 1), (0, 0)),
            term(.depthwise, [BlockSource(block: 1, column: .positivePart), BlockSource(block: 1)], (1, 1), (0, 0)),
        ]
        network.parameters.weights[1] += [
            (0..<125).map { $0 % 11 - 5 }, [3, -2, 1, -4, 5], [5, -5, 2, 0, 1],
        ]
        network.description.tables[1].quotients = -20000...20000
        network.description.tables[2].quotients = -32768...32767
        try proves(network, "")
    }

    /// One layer, whose accumulators are its biases.
    private func network(accumulators: [Int32], quotients: ClosedRange<Int>, shift: Int = 4) -> RandomNetwork {
        var network = RandomNetwork(
            input: TensorShape(channels: 1, height: 1, width: 1),
            shift: shift,
            plans: [
                RandomNetwork.Plan(
                    sources: source(0),
                    channels: accumulators.count,
                    kernel: (1, 1),
                    pad: (0, 0),
                    table: 2
                )
            ],
            seed: 1
        )
        network.parameters.weights[0][0] = accumulators.map { _ in 0 }
        network.parameters.biases[0] = accumulators
        network.description.tables[2].quotients = quotients
        return network
    }

    /// Quotients round half up: -2^(s-1) is the least remainder, 2^(s-1) - 1 the largest.
    @Test(arguments: [2, 4, 7, 16])
    func rounding(shift: Int) throws {
        let half = Int32(1) << Int32(shift - 1)
        let accumulators = [-1, 0, 1, -half, -half - 1, half - 1, half, -2 * half, 2 * half, -3 * half, 3 * half - 1]
        let network = network(accumulators: accumulators, quotients: -2...2, shift: shift)
        let embedding = network.trace([0]).blocks[1]
        #expect(embedding == [0, 0, 0, 0, -1, 0, 1, -1, 1, -1, 1])
        try proves(network, input: [0], "\(shift)")
        // Any other rounding is refused, at every position by which constraint it must be.
        for (index, accumulator) in accumulators.enumerated() {
            for step in [-1, 1] as [Int32] {
                var attempt = try NetworkAttempt(network)
                let quotient = Int32((accumulator + half) >> Int32(shift)) + step
                attempt.fill(network.trace([0], activate: { $1[index] = Int16(quotient) }))
                let address = attempt.address(1, index, 0, 0)
                attempt.quotients[address] = quotient
                attempt.remainders[address] = accumulator - quotient << Int32(shift)
                attempt.count()
                #expect(try attempt.prove().violated == [.lookupRoot])
            }
        }
    }

    /// Accumulators at both ends of the quotients' range, and one beyond.
    @Test func endsOfTheTables() throws {
        for range in [-1000...1000, -32768...32767, 0...5, -300...0, -127...127] {
            let (low, high) = (Int32(range.lowerBound), Int32(range.upperBound))
            let ends = [low << 4 - 8, low << 4 + 7, high << 4 - 8, high << 4 + 7]
            try proves(network(accumulators: ends, quotients: range), input: [0], "\(range)")
            for beyond in [low << 4 - 9, high << 4 + 8] {
                let network = network(accumulators: [beyond], quotients: range)
                let shape = NetworkShape(network.description, start: 0)
                let trace = network.trace([0])
                #expect(NetworkWitness(shape, trace: trace) == nil)
                // Who proves all the same is refused.
                var attempt = try NetworkAttempt(self.network(accumulators: [0], quotients: range))
                attempt.parameters = ParameterRows(
                    network.description,
                    parameters: network.parameters,
                    blindingSeed: nil
                )
                attempt.fill(trace)
                #expect(try attempt.prove().violated == [.lookupRoot])
            }
        }
    }

    /// All inputs and all weights at their extremes.
    @Test func extremeInputs() throws {
        for (value, sign) in [(Int16(-128), Int32(1)), (127, 1), (-128, -1), (127, -1)] {
            var network = TestNetworks.mixed
            for layer in network.parameters.weights.indices {
                for term in network.parameters.weights[layer].indices {
                    network.parameters.weights[layer][term] = network.parameters.weights[layer][term].map { _ in
                        5 * sign
                    }
                }
            }
            let input = [Int16](repeating: value, count: network.description.input.count)
            try proves(network, input: input, "\(value) \(sign)")
        }
    }
}
