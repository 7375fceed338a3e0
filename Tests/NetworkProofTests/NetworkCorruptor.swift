import Ristretto255
import Testing

@testable import Models
@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport

/// One corruption of a network proof's witness and the families that must name it; none where it is the opening's group
/// equation that fails.
struct NetworkCorruptor: Sendable, CustomTestStringConvertible {
    let name: String
    let families: Set<ConstraintFamily>
    /// Nil where this network has nothing to corrupt in this way.
    let attempt: @Sendable (RandomNetwork) throws -> NetworkAttempt?

    var testDescription: String { name }

    init(
        _ name: String,
        _ families: Set<ConstraintFamily>,
        _ attempt: @escaping @Sendable (RandomNetwork) throws -> NetworkAttempt?
    ) {
        self.name = name
        self.families = families
        self.attempt = attempt
    }

    /// Changes an honest attempt.
    private static func changing(
        _ name: String,
        _ families: Set<ConstraintFamily>,
        _ change: @escaping @Sendable (inout NetworkAttempt) throws -> Void
    ) -> NetworkCorruptor {
        NetworkCorruptor(name, families) { network in
            var attempt = try NetworkAttempt(network)
            try change(&attempt)
            return attempt
        }
    }

    static let all: [NetworkCorruptor] =
        activations + remainders + multiplicities + parameters + places + padding + positives + starts + rows

    // MARK: - Values

    /// A position of the first layer whose quotient is inside the unsaturated range of f.
    private static func position(_ attempt: NetworkAttempt, layer: Int = 0) -> Int {
        let accumulators = attempt.network.trace(attempt.blocks[0]).accumulators[layer]
        let shift = attempt.shape.description.shift
        return accumulators.firstIndex { 1...100 ~= (Int($0) >> shift) && $0 & 15 < 7 } ?? 0
    }

    private static let activations = [
        changing("activation + 1, all after it computed from it", [.lookupRoot]) { attempt in
            let position = position(attempt)
            attempt.fill(
                attempt.network.trace(attempt.blocks[0], activate: { if $0 == 0 { $1[position] += 1 } })
            )
        },
        changing("activation + 1 in the committed column only", [.opening, .lookupRoot]) { attempt in
            attempt.activations[attempt.address(1, 0, 0, 0)] += 1
        },
        changing("activation and quotient, in the table", [.layers]) { attempt in
            let position = position(attempt)
            attempt.fill(
                attempt.network.trace(attempt.blocks[0], accumulate: { if $0 == 0 { $1[position] += 16 } })
            )
        },
        changing("the embedding's first entry and its quotient, in the table", [.layers]) { attempt in
            let last = attempt.shape.description.layers.count - 1
            attempt.fill(
                attempt.network.trace(attempt.blocks[0], accumulate: { if $0 == last { $1[0] += 16 } })
            )
        },
        changing("the embedding of nobody: all zero", [.layers]) { attempt in
            let last = attempt.shape.description.layers.count - 1
            attempt.fill(
                attempt.network.trace(
                    attempt.blocks[0],
                    accumulate: { layer, sums in
                        if layer == last { for index in sums.indices { sums[index] = 0 } }
                    }
                )
            )
        },
        changing("quotient beyond the table", [.lookupRoot]) { attempt in
            let bound = Int32(attempt.shape.description.tables[0].quotients.upperBound)
            attempt.fill(
                attempt.network.trace(attempt.blocks[0], accumulate: { if $0 == 0 { $1[0] = (bound + 1) * 16 } })
            )
            // The accumulator is the layer's after all: only its quotient is wrong.
            let honest = attempt.network.trace(attempt.blocks[0]).accumulators[0][0]
            attempt.remainders[attempt.address(1, 0, 0, 0)] = honest - (bound + 1) * 16
            attempt.count()
        },
    ]

    private static let remainders = [
        changing("remainder + 1", [.layers]) { attempt in
            let address = attempt.address(1, 0, 0, 0)
            attempt.remainders[address] += attempt.remainders[address] == 7 ? -1 : 1
            attempt.count()
        },
        changing("remainder + 2^s with quotient - 1", [.lookupRoot]) { attempt in
            let position = position(attempt)
            let trace = attempt.network.trace(
                attempt.blocks[0],
                activate: { layer, block in
                    if layer == 0 { block[position] -= 1 }
                }
            )
            attempt.fill(trace)
            let output = attempt.shape.description.layers[0].output
            let address = attempt.shape.slot(ofBlock: 1).address(position, of: output)
            attempt.remainders[address] += 16
            attempt.quotients[address] -= 1
            attempt.count()
        },
        changing("every remainder rounded up instead of to the nearest", [.lookupRoot]) { attempt in
            attempt.fill(attempt.network.trace(attempt.blocks[0], rounding: 7), rounding: 7)
        },
    ]

    private static let multiplicities = [
        changing("remainder multiplicity + 1", [.lookupRoot]) { $0.remainderCounts[3] += 1 },
        changing("quotient multiplicity + 1", [.lookupRoot]) { $0.quotientCounts[5] += 1 },
        changing("quotient multiplicity - 1", [.lookupRoot]) { attempt in
            attempt.quotientCounts[attempt.quotientCounts.firstIndex { $0 > 0 } ?? 0] -= 1
        },
        changing("a multiplicity of the start values moved", [.lookupRoot]) { attempt in
            let first = attempt.shape.remainderTable.index(ofStart: 0)
            attempt.remainderCounts[first] -= 1
            attempt.remainderCounts[first + 1] += 1
        },
        changing("a multiplicity moved between equal rows of the table's end", []) { attempt in
            // Not a corruption: the filler repeats the last row.
            let end = attempt.shape.remainderTable.count - 1
            attempt.remainderCounts[end] += attempt.remainderCounts[end - 1]
            attempt.remainderCounts[end - 1] = 0
        },
    ]

    // MARK: - Parameters

    static func weightChanged(_ network: RandomNetwork, by difference: Int32 = 1) -> RandomNetwork {
        var other = network
        other.parameters.weights[0][0][4] += difference
        return other
    }

    /// Whether layers 1 and 2 have outputs of one shape.
    private static func hasEqualNeighbours(_ network: RandomNetwork) -> Bool {
        let layers = network.description.layers
        return layers.count > 3 && layers[1].output == layers[2].output
    }

    /// Prover and witness of another network with the same description.
    private static func runs(_ other: RandomNetwork, insteadOf network: RandomNetwork) throws -> NetworkAttempt {
        var attempt = try NetworkAttempt(network)
        attempt.fill(other.trace(attempt.blocks[0]))
        return attempt
    }

    private static let parameters = [
        NetworkCorruptor("a weight, witness only", [.layers]) { network in
            try runs(weightChanged(network), insteadOf: network)
        },
        NetworkCorruptor("a weight, witness and opening", []) { network in
            var attempt = try runs(weightChanged(network), insteadOf: network)
            attempt.parameters = ParameterRows(
                network.description,
                parameters: weightChanged(network).parameters,
                blindingSeed: nil
            )
            return attempt
        },
        NetworkCorruptor("a bias, witness only", [.layers]) { network in
            var other = network
            other.parameters.biases[1][0] += 1
            return try runs(other, insteadOf: network)
        },
        NetworkCorruptor("a bias, witness and opening", []) { network in
            var other = network
            other.parameters.biases[1][0] += 1
            var attempt = try runs(other, insteadOf: network)
            attempt.parameters = ParameterRows(
                network.description,
                parameters: other.parameters,
                blindingSeed: nil
            )
            return attempt
        },
        NetworkCorruptor("output channels' weights exchanged", [.layers]) { network in
            var other = network
            let count = network.parameters.weights[0][0].count / network.description.layers[0].output.channels
            for index in 0..<count { other.parameters.weights[0][0].swapAt(index, count + index) }
            return try runs(other, insteadOf: network)
        },
        NetworkCorruptor("the two terms of a PReLU exchanged", [.layers]) { network in
            guard let layer = network.description.layers.firstIndex(where: { $0.terms.count == 2 }) else { return nil }
            var other = network
            other.parameters.weights[layer].swapAt(0, 1)
            return try runs(other, insteadOf: network)
        },
        NetworkCorruptor("a residual source dropped", [.layers]) { network in
            var other = network
            for layer in network.description.layers.indices {
                for term in network.description.layers[layer].terms.indices
                where network.description.layers[layer].terms[term].sources.count > 1 {
                    other.description.layers[layer].terms[term].sources.removeLast()
                    return try runs(other, insteadOf: network)
                }
            }
            return nil
        },
        NetworkCorruptor("a stride's phase: pad 0 for pad 1", [.layers]) { network in
            var other = network
            other.description.layers[0].terms[0].padTop = 0
            return try runs(other, insteadOf: network)
        },
        NetworkCorruptor("a layer skipped: its input passed on", [.layers]) { network in
            guard hasEqualNeighbours(network) else { return nil }
            var attempt = try NetworkAttempt(network)
            var second: [Int16] = []
            attempt.fill(
                network.trace(
                    attempt.blocks[0],
                    accumulate: { layer, sums in
                        if layer == 2 { for index in sums.indices { sums[index] = Int32(second[index]) << 4 } }
                    },
                    activate: { layer, block in if layer == 1 { second = block } }
                )
            )
            return attempt
        },
    ]

    // MARK: - Places

    /// Exchanges the columns' values at addresses.
    private static func swap(_ attempt: inout NetworkAttempt, _ pairs: [(Int, Int)]) {
        for (a, b) in pairs {
            attempt.remainders.swapAt(a, b)
            attempt.activations.swapAt(a, b)
            attempt.quotients.swapAt(a, b)
            if !attempt.positives.isEmpty { attempt.positives.swapAt(a, b) }
        }
        attempt.count()
    }

    private static let places = [
        changing("two channels of a layer exchanged", [.layers, .opening]) { attempt in
            let output = attempt.shape.description.layers[0].output
            let pairs = (0..<output.height * output.width).map { index in
                (
                    attempt.address(1, 0, index / output.width, index % output.width),
                    attempt.address(1, 1, index / output.width, index % output.width)
                )
            }
            swap(&attempt, pairs)
        },
        changing("two channels exchanged, all after it computed from them", [.layers]) { attempt in
            let size =
                attempt.shape.description.layers[0].output.height * attempt.shape.description.layers[0].output.width
            attempt.fill(
                attempt.network.trace(
                    attempt.blocks[0],
                    accumulate: { layer, sums in
                        guard layer == 0 else { return }
                        for index in 0..<size { sums.swapAt(index, size + index) }
                    }
                )
            )
        },
        NetworkCorruptor("two layers of one shape exchanged", [.layers]) { network in
            guard hasEqualNeighbours(network) else { return nil }
            var attempt = try NetworkAttempt(network)
            let honest = network.trace(attempt.blocks[0])
            attempt.fill(
                network.trace(
                    attempt.blocks[0],
                    accumulate: { layer, sums in
                        if layer == 1 { sums = honest.accumulators[2] }
                        if layer == 2 { sums = honest.accumulators[1] }
                    }
                )
            )
            return attempt
        },
        changing("two entries of the embedding exchanged", [.layers]) { attempt in
            let last = attempt.shape.description.layers.count - 1
            attempt.fill(
                attempt.network.trace(attempt.blocks[0], accumulate: { if $0 == last { $1.swapAt(0, 1) } })
            )
        },
    ]

    // MARK: - Padding

    /// Sets an address to (0 remainder, quotient, f(quotient)) of the kind looked up there.
    static func plant(_ attempt: inout NetworkAttempt, _ address: Int, quotient: Int32) {
        let kind = attempt.shape.kinds[Int(attempt.kinds[address])]
        let activation = attempt.shape.description.tables[kind.table].activation
        let value = Int32(activation.value(at: Int(quotient)))
        attempt.quotients[address] = quotient
        attempt.activations[address] = value
        if kind.hasPositivePart { attempt.positives[address] = max(0, value) }
        attempt.count()
    }

    /// A padded address of a layer's block: the first whose position is not real in the way asked for.
    private static func padded(
        _ attempt: NetworkAttempt,
        _ isPadding: (TensorShape, _ o: Int, _ y: Int, _ x: Int) -> Bool
    ) -> Int? {
        for slot in attempt.shape.slots where slot.block != attempt.shape.start {
            let output = attempt.shape.description.shape(ofBlock: slot.block)
            for index in 0..<slot.blockSize {
                let x = index & (1 << slot.variables.column - 1)
                let y = index >> slot.variables.column & (1 << slot.variables.row - 1)
                let o = index >> (slot.variables.column + slot.variables.row)
                let row = (slot.offset + index) / attempt.shape.columnCount
                if isPadding(output, o, y, x), attempt.shape.activationMatrixRow[row] >= 0 {
                    return slot.offset + index
                }
            }
        }
        return nil
    }

    private static func junk(
        _ name: String,
        _ address: @escaping @Sendable (NetworkAttempt) -> Int?
    ) -> [NetworkCorruptor] {
        [
            NetworkCorruptor("\(name): a value with its quotient", [.layers]) { network in
                var attempt = try NetworkAttempt(network)
                guard let address = address(attempt) else { return nil }
                // A sign whose positive part is zero: not every row of such a kind has a row in P.
                let hasPositivePart = attempt.shape.kinds[Int(attempt.kinds[address])].hasPositivePart
                plant(&attempt, address, quotient: hasPositivePart ? -5 : 5)
                return attempt
            },
            NetworkCorruptor("\(name): a value with quotient 0", [.lookupRoot]) { network in
                var attempt = try NetworkAttempt(network)
                guard let address = address(attempt) else { return nil }
                attempt.activations[address] = 5
                attempt.count()
                return attempt
            },
            NetworkCorruptor("\(name): a remainder", [.layers]) { network in
                var attempt = try NetworkAttempt(network)
                guard let address = address(attempt) else { return nil }
                attempt.remainders[address] = 1
                attempt.count()
                return attempt
            },
            NetworkCorruptor("\(name): a remainder of 16 and quotient -1", [.lookupRoot]) { network in
                var attempt = try NetworkAttempt(network)
                guard let address = address(attempt) else { return nil }
                plant(&attempt, address, quotient: -1)
                attempt.remainders[address] = 16
                attempt.count()
                return attempt
            },
        ]
    }

    private static let padding =
        junk("padded channel") { padded($0) { shape, o, _, _ in o >= shape.channels } }
        + junk("padded row") { padded($0) { shape, o, y, _ in o < shape.channels && y >= shape.height } }
        + junk("padded column") {
            padded($0) { shape, o, y, x in o < shape.channels && y < shape.height && x >= shape.width }
        }
        + junk("tail of the e row beyond the block") { attempt in
            let slot = attempt.shape.slot(ofBlock: attempt.shape.description.layers.count)
            return slot.size > slot.blockSize ? slot.offset + slot.size - 1 : nil
        }
        + junk("unassigned address of an occupied row") { attempt in
            let end = attempt.shape.slots.last.map { $0.offset + $0.size } ?? 0
            let last = attempt.shape.usedCount - 1
            let row = last / attempt.shape.columnCount
            return end <= last && attempt.shape.activationMatrixRow[row] >= 0
                && attempt.shape.remainderMatrixRow[row] >= 0 ? last : nil
        }

    // MARK: - Kinds and positive parts

    private static let positives = [
        NetworkCorruptor("positive part + 1", [.lookupRoot, .opening]) { network in
            var attempt = try NetworkAttempt(network)
            guard let slot = slotWithPositivePart(attempt) else { return nil }
            attempt.positives[slot.offset] += 1
            attempt.count()
            return attempt
        },
        NetworkCorruptor("a positive part in a layer without", [.lookupRoot]) { network in
            var attempt = try NetworkAttempt(network)
            // In a padding position of a row that P has, looked up under another kind.
            let m = attempt.shape.columnCount
            for address in 0..<attempt.shape.usedCount
            where attempt.shape.positiveMatrixRow[address / m] >= 0
                && !attempt.shape.kinds[Int(attempt.kinds[address])].hasPositivePart
            {
                attempt.positives[address] = 1
                attempt.count()
                return attempt
            }
            return nil
        },
        NetworkCorruptor("a negative value as its own positive part", [.lookupRoot, .opening]) { network in
            var attempt = try NetworkAttempt(network)
            guard let slot = slotWithPositivePart(attempt),
                let address = (slot.offset..<slot.offset + slot.blockSize).first(where: {
                    attempt.activations[$0] < 0
                })
            else { return nil }
            attempt.positives[address] = attempt.activations[address]
            attempt.count()
            return attempt
        },
        NetworkCorruptor("a layer looked up as another kind", [.layers]) { network in
            var attempt = try NetworkAttempt(network)
            guard attempt.shape.kinds.count > 1 else { return nil }
            // Position with quotient 0: both tables hold (0, 0), so only the kind is wrong.
            let other = Int32(attempt.shape.kinds.count - 1)
            guard
                let address = (0..<attempt.shape.usedCount).first(where: {
                    attempt.kinds[$0] != other && attempt.quotients[$0] == 0
                })
            else { return nil }
            attempt.kinds[address] = other
            attempt.count()
            return attempt
        },
        NetworkCorruptor("a negative activation under a ReLU: the signed table's pair", [.lookupRoot]) { network in
            try wrongTable(network, isUnsigned: true)
        },
        NetworkCorruptor("a negative quotient cut off in a signed layer: the ReLU's pair", [.lookupRoot]) { network in
            try wrongTable(network, isUnsigned: false)
        },
        NetworkCorruptor("an identifier that no table has", [.lookupRoot, .layers]) { network in
            var attempt = try NetworkAttempt(network)
            attempt.kinds[attempt.address(1, 0, 0, 0)] = 77
            attempt.count()
            return attempt
        },
    ]

    private static func slotWithPositivePart(_ attempt: NetworkAttempt) -> NetworkShape.Slot? {
        attempt.shape.slots.first { slot in
            slot.block != attempt.shape.start
                && attempt.shape.kinds[attempt.shape.kind(ofBlock: slot.block)].hasPositivePart
        }
    }

    /// One activation of the first ReLU (or signed) layer from the other table.
    private static func wrongTable(_ network: RandomNetwork, isUnsigned: Bool) throws -> NetworkAttempt? {
        var attempt = try NetworkAttempt(network)
        let wanted: ActivationTable = isUnsigned ? .unsigned : .signed
        let tables = network.description.tables
        guard let layer = network.description.layers.firstIndex(where: { tables[$0.table].activation == wanted })
        else { return nil }
        let honest = network.trace(attempt.blocks[0]).accumulators[layer]
        guard let position = honest.firstIndex(where: { -100 ... -2 ~= ($0 + 8) >> 4 }) else { return nil }
        let quotient = Int((honest[position] + 8) >> 4)
        attempt.fill(
            network.trace(
                attempt.blocks[0],
                activate: {
                    if $0 == layer { $1[position] = isUnsigned ? Int16(quotient) : 0 }
                }
            )
        )
        return attempt
    }

    // MARK: - Start block

    private static func startValue(_ value: Int16, _ name: String) -> NetworkCorruptor {
        changing(name, [.lookupRoot]) { attempt in
            var input = attempt.blocks[0]
            input[3] = value
            attempt.fill(attempt.network.trace(input))
        }
    }

    private static let starts = [
        startValue(300, "pixel of 300"),
        startValue(128, "pixel of 128"),
        startValue(-129, "pixel of -129"),
        NetworkCorruptor("feature map beyond its table's range", [.lookupRoot]) { network in
            let start = network.description.headStart
            var attempt = try NetworkAttempt(network, start: start)
            let bound = Int16(network.description.range(ofBlock: start).upperBound + 1)
            attempt.fill(
                network.trace(attempt.blocks[0], activate: { if $0 == start - 1 { $1[0] = bound } })
            )
            return attempt
        },
        NetworkCorruptor("a start value looked up without its id", [.lookupRoot, .layers, .opening]) { network in
            var attempt = try NetworkAttempt(network)
            let first = attempt.shape.slot(ofBlock: 0).offset
            attempt.lies.trees = { trees, _, beta in
                var leaves = (0..<1 << trees[0].height).map { trees[0].node(level: trees[0].height, $0).denominator }
                leaves[first] += beta
                trees[0] = NetworkAttempt.columnTree(leaves)
            }
            return attempt
        },
    ]

    // MARK: - Rows

    private static let rows = [
        changing("start rows of another capture", []) { attempt in
            attempt.otherStartRows = try NetworkAttempt(attempt.network, seed: 8).startRows
        },
        changing("one start row of another capture", []) { attempt in
            var rows = attempt.startRows
            rows[rows.count - 1] = try NetworkAttempt(attempt.network, seed: 8).startRows[rows.count - 1]
            attempt.otherStartRows = rows
        },
        changing("E_i of another capture", []) { attempt in
            attempt.otherEmbeddingRow = try NetworkAttempt(attempt.network, seed: 8).embeddingRow
        },
        changing("E_i under another blinder", []) { attempt in
            let honest = attempt.embeddingRow
            attempt.otherEmbeddingRow = honest
            attempt.embeddingBlinder += .one
        },
        changing("a start row under another blinder", []) { attempt in
            attempt.otherStartRows = attempt.startRows
            attempt.startBlinders[0] += .one
        },
        changing("the opening made from another E_i", [.opening]) { attempt in
            try FamilyAttacks.openAnotherEmbedding(&attempt)
        },
    ]
}
