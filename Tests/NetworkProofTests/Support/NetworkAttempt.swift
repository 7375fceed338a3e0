import Commitments
import Multilinear
import Ristretto255
import Sodium

@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// What a dishonest network prover works from: columns that need not follow from one another, and lies about the
/// rest. Its lookups' leaves are made from the columns, whatever they hold.
struct NetworkAttempt {
    let network: RandomNetwork
    let shape: NetworkShape
    var context: NetworkContext
    /// What the prover computes with; the verifier knows the commitments of `registered`.
    var parameters: ParameterRows
    let registered: ParameterRows

    /// One entry per address.
    var remainders: [Int32]
    var activations: [Int32]
    var positives: [Int32]
    var quotients: [Int32]
    var kinds: [Int32]
    /// What the layers' sumcheck reads.
    var blocks: [[Int16]]
    var remainderCounts: [Int32] = []
    var quotientCounts: [Int32] = []

    var startBlinders: [Scalar]
    var embeddingBlinder = Scalar(0xe1)
    /// Rows to send instead of the commitments of the columns.
    var otherStartRows: [CompressedRistretto]?
    var otherEmbeddingRow: CompressedRistretto?
    var lies = NetworkLies()

    private let honest: NetworkWitness

    init(
        _ network: RandomNetwork,
        start: Int = 0,
        seed: UInt64 = 7,
        registered: ParameterRows? = nil
    ) throws {
        let bench = try Bench(network, start: start, seed: seed)
        self.network = network
        shape = bench.shape
        context = bench.context
        self.registered = registered ?? bench.parameters
        parameters = self.registered
        honest = bench.input.witness
        startBlinders = (0..<shape.startRows.count).map { Scalar(UInt64(1000 + $0)) }
        let zeros = [Int32](repeating: 0, count: shape.usedCount)
        (remainders, activations, quotients, kinds) = (zeros, zeros, zeros, zeros)
        positives = shape.hasPositivePart ? zeros : []
        blocks = []
        fill(network.trace(network.randomInput(seed: seed)))
    }

    /// Sets all columns from a run, honest or not, and counts the multiplicities.
    mutating func fill(_ trace: NetworkTraceValues, rounding: Int = 0) {
        let description = shape.description
        let half = 1 << (description.shift - 1) + rounding
        for slot in shape.slots {
            let output = description.shape(ofBlock: slot.block)
            for index in 0..<output.count {
                let address = slot.address(index, of: output)
                let value = Int32(trace.blocks[slot.block][index])
                guard slot.block != shape.start else {
                    remainders[address] = value
                    continue
                }
                let accumulator = Int(trace.accumulators[slot.block - 1][index])
                let quotient = (accumulator + half) >> description.shift
                quotients[address] = Int32(quotient)
                remainders[address] = Int32(accumulator - quotient << description.shift)
                activations[address] = value
                if shape.kinds[shape.kind(ofBlock: slot.block)].hasPositivePart {
                    positives[address] = max(0, value)
                }
            }
            guard slot.block != shape.start else { continue }
            for address in slot.offset..<slot.offset + slot.blockSize {
                kinds[address] = Int32(shape.kind(ofBlock: slot.block))
            }
        }
        blocks = trace.blocks
        count()
    }

    /// How often the tables' rows are looked up; what is in no table is not counted.
    mutating func count() {
        remainderCounts = [Int32](repeating: 0, count: shape.remainderTable.count)
        quotientCounts = [Int32](repeating: 0, count: shape.quotientTable.count)
        let half = 1 << (shape.description.shift - 1)
        let range = shape.description.range(ofBlock: shape.start)
        for address in 0..<shape.usedCount {
            let remainder = Int(remainders[address])
            if isStart(address) {
                if range.contains(remainder) {
                    remainderCounts[shape.remainderTable.index(ofStart: remainder)] += 1
                }
            } else if -half..<half ~= remainder {
                remainderCounts[shape.remainderTable.index(ofRemainder: remainder)] += 1
            }
            let kind = Int(kinds[address])
            let quotient = Int(quotients[address])
            guard shape.kinds.indices.contains(kind),
                let entry = shape.quotientTable.index(ofQuotient: quotient, kind: kind)
            else { continue }
            let value = shape.description.tables[shape.kinds[kind].table].activation.value(at: quotient)
            let positive = shape.kinds[kind].hasPositivePart ? max(0, value) : 0
            if activations[address] == value, (shape.hasPositivePart ? positives[address] : 0) == positive {
                quotientCounts[entry] += 1
            }
        }
        let rest = Int32(1 << shape.height - shape.usedCount)
        remainderCounts[shape.remainderTable.index(ofRemainder: 0)] += rest
        quotientCounts[shape.quotientTable.index(ofQuotient: 0, kind: 0) ?? 0] += rest
    }

    private func isStart(_ address: Int) -> Bool { shape.startRows.contains(address / shape.columnCount) }

    /// Address of a position of a block.
    func address(_ block: Int, _ channel: Int, _ row: Int, _ column: Int) -> Int {
        shape.slot(ofBlock: block).address(channel, row, column)
    }

    /// Leaf denominators of the columns R and Q.
    func leaves(alpha: Scalar, beta: Scalar) -> (remainders: [Scalar], quotients: [Scalar]) {
        let betas = Scalar.powers(of: beta, count: 4)
        var remainderLeaves = [Scalar](repeating: alpha, count: 1 << shape.height)
        var quotientLeaves = remainderLeaves
        for address in 0..<shape.usedCount {
            remainderLeaves[address] -= Scalar(signed: Int(remainders[address]))
            if isStart(address) { remainderLeaves[address] -= beta }
            var sum = Scalar(signed: Int(quotients[address]))
            sum += betas[1] * Scalar(signed: Int(activations[address]))
            sum += betas[2] * Scalar(signed: Int(kinds[address]))
            if shape.hasPositivePart { sum += betas[3] * Scalar(signed: Int(positives[address])) }
            quotientLeaves[address] -= sum
        }
        return (remainderLeaves, quotientLeaves)
    }

    static func columnTree(_ leaves: [Scalar]) -> FractionTree {
        FractionTree(leafNumerators: leaves.map { _ in .one }, leafDenominators: leaves)
    }

    private func commit(_ column: [Int32], _ row: Int, blinder: Scalar) -> CompressedRistretto {
        let m = shape.columnCount
        return RowGenerators.forWidth(m)
            .commit(small: Array(column[row * m..<(row + 1) * m]), bits: 20, blinder: blinder).compress()
    }

    var startRows: [CompressedRistretto] {
        otherStartRows ?? zip(shape.startRows, startBlinders).map { commit(remainders, $0, blinder: $1) }
    }

    var embeddingRow: CompressedRistretto {
        otherEmbeddingRow ?? commit(activations, shape.embeddingRow, blinder: embeddingBlinder)
    }

    /// Proves with the prover's own code and no check of the witness.
    ///
    /// - Returns: the proof and the families of constraints that the prover's wires violate.
    func prove(on mutant: NetworkMutant = .none) throws -> (proof: OfferedProof, violated: Set<ConstraintFamily>) {
        var witness = honest
        witness.remainders = remainders
        witness.activations = activations
        witness.positives = positives
        witness.blocks = blocks
        witness.remainderMultiplicities = remainderCounts
        witness.quotientMultiplicities = quotientCounts

        var lies = lies
        let change = lies.trees
        lies.trees = { trees, alpha, beta in
            let leaves = leaves(alpha: alpha, beta: beta)
            trees[0] = Self.columnTree(leaves.remainders)
            trees[2] = Self.columnTree(leaves.quotients)
            change(&trees, alpha, beta)
        }
        var violated: Set<ConstraintFamily> = []
        let inspect = lies.inspection
        lies.inspection = { constraints, wires in
            violated = constraints.violated(by: wires)
            inspect(constraints, wires)
        }
        let body = try lies.prove(
            NetworkStatement(shape, context),
            NetworkProver.Input(
                startRows: startRows,
                startBlinders: startBlinders,
                embeddingRow: embeddingRow,
                embeddingBlinder: embeddingBlinder,
                witness: witness,
                parameters: parameters
            ),
            on: mutant
        )
        let proof = OfferedProof(
            shape: shape,
            context: context,
            embeddingRow: embeddingRow,
            parameters: registered.commitments,
            body: body
        )
        return (proof, violated)
    }
}
