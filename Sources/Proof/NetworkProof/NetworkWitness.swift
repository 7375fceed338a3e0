import Models
import Multilinear
import Ristretto255
import Transcript

/// The secret values of a network proof: the committed columns, and for every address what it looks up.
package struct NetworkWitness: Sendable {
    /// R, start block included, U entries.
    package var remainders: [Int32]
    /// Z.
    package var activations: [Int32]
    /// P; empty where there is none.
    package var positives: [Int32]
    /// What every address looks up, as indices into the tables.
    package var remainderIndices: [Int32]
    /// As `remainderIndices`, into the quotients' table.
    package var quotientIndices: [Int32]
    /// Index that the rest of the hypercube looks up.
    package var remainderTail: Int32
    /// That of q = 0 in kind 0.
    package var quotientTail: Int32
    /// How often each row of a table is looked up, the rest of the hypercube included.
    package var remainderMultiplicities: [Int32]
    /// One a row of the quotients' table; 2^n in all.
    package var quotientMultiplicities: [Int32]
    /// The blocks, real positions, for the layers' sumcheck.
    package var blocks: [[Int16]]

    /// - Returns: nil where a value has no row in its table, or the trace is not one of this network.
    package init?(_ shape: NetworkShape, trace: NetworkTraceValues) {
        let description = shape.description
        guard trace.blocks.count == description.layers.count + 1,
            trace.accumulators.count == description.layers.count,
            let zeroQuotient = shape.quotientTable.index(ofQuotient: 0, kind: 0)
        else { return nil }
        let zeros = [Int32](repeating: 0, count: shape.usedCount)
        remainders = zeros
        activations = zeros
        positives = shape.hasPositivePart ? zeros : []
        remainderTail = Int32(shape.remainderTable.index(ofRemainder: 0))
        quotientTail = Int32(zeroQuotient)
        remainderIndices = [Int32](repeating: remainderTail, count: shape.usedCount)
        quotientIndices = [Int32](repeating: quotientTail, count: shape.usedCount)
        remainderMultiplicities = []
        quotientMultiplicities = []
        blocks = trace.blocks
        for slot in shape.slots {
            let isFilled =
                slot.block == shape.start
                ? fillStart(shape, slot) : fill(shape, slot, accumulators: trace.accumulators[slot.block - 1])
            guard isFilled else { return nil }
        }
        let rest = Int32((1 << shape.height) - shape.usedCount)
        remainderMultiplicities = Self.count(remainderIndices, of: shape.remainderTable.count)
        remainderMultiplicities[Int(remainderTail)] += rest
        quotientMultiplicities = Self.count(quotientIndices, of: shape.quotientTable.count)
        quotientMultiplicities[zeroQuotient] += rest
    }

    /// False where a value of the start block is out of range.
    private mutating func fillStart(_ shape: NetworkShape, _ slot: NetworkShape.Slot) -> Bool {
        let output = shape.description.shape(ofBlock: slot.block)
        let values = blocks[slot.block]
        let range = shape.description.range(ofBlock: shape.start)
        guard values.count == output.count else { return false }
        for address in slot.offset..<slot.offset + slot.size {
            remainderIndices[address] = Int32(shape.remainderTable.index(ofStart: 0))
        }
        for (index, value) in values.enumerated() {
            guard range.contains(Int(value)) else { return false }
            let address = slot.address(index, of: output)
            remainders[address] = Int32(value)
            remainderIndices[address] = Int32(shape.remainderTable.index(ofStart: Int(value)))
        }
        return true
    }

    /// False where a quotient has no row in the layer's table.
    private mutating func fill(_ shape: NetworkShape, _ slot: NetworkShape.Slot, accumulators: [Int32]) -> Bool {
        let shift = shape.description.shift
        let output = shape.description.shape(ofBlock: slot.block)
        let values = blocks[slot.block]
        let kind = shape.kind(ofBlock: slot.block)
        let hasPositivePart = shape.kinds[kind].hasPositivePart
        guard values.count == output.count, accumulators.count == output.count,
            let zero = shape.quotientTable.index(ofQuotient: 0, kind: kind)
        else { return false }
        for address in slot.offset..<slot.offset + slot.blockSize { quotientIndices[address] = Int32(zero) }
        for index in 0..<output.count {
            let accumulator = Int(accumulators[index])
            let quotient = (accumulator + 1 << (shift - 1)) >> shift
            guard let entry = shape.quotientTable.index(ofQuotient: quotient, kind: kind) else { return false }
            let remainder = accumulator - quotient << shift
            let address = slot.address(index, of: output)
            remainders[address] = Int32(truncatingIfNeeded: remainder)
            remainderIndices[address] = Int32(shape.remainderTable.index(ofRemainder: remainder))
            activations[address] = Int32(values[index])
            if hasPositivePart { positives[address] = max(0, Int32(values[index])) }
            quotientIndices[address] = Int32(entry)
        }
        return true
    }

    private static func count(_ indices: [Int32], of count: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: count)
        for index in indices { counts[Int(index)] += 1 }
        return counts
    }

    /// The lookup's trees: R and the remainders' table, Q and the quotients'.
    func trees(_ shape: NetworkShape, _ challenges: LookupChallenges) -> [any FractionLevels] {
        let (alpha, beta) = (challenges.alpha, challenges.beta)
        let remainders = shape.remainderTable.denominators(alpha: alpha, beta: beta)
        let quotients = shape.quotientTable.denominators(alpha: alpha, beta: beta)
        func column(_ indices: [Int32], tail: Int32, _ table: [Scalar]) -> any FractionLevels {
            IndexedFractionTree.column(height: shape.height, indices: indices, tailIndex: tail, table: table)
        }
        func table(_ multiplicities: [Int32], _ denominators: [Scalar]) -> FractionTree {
            FractionTree(
                leafNumerators: multiplicities.map { Scalar(signed: -Int($0)) },
                leafDenominators: denominators
            )
        }
        return [
            column(remainderIndices, tail: remainderTail, remainders), table(remainderMultiplicities, remainders),
            column(quotientIndices, tail: quotientTail, quotients), table(quotientMultiplicities, quotients),
        ]
    }

    /// The matrix's rows that the proof brings along, start rows and E_i included, row by row.
    func entries(_ shape: NetworkShape) -> [Int32] {
        let m = shape.columnCount
        var entries: [Int32] = []
        entries.reserveCapacity(shape.parameterRows.upperBound * m)
        func append(_ column: [Int32], _ rows: some Sequence<Int>) {
            for row in rows { entries.append(contentsOf: column[row * m..<(row + 1) * m]) }
        }
        append(remainders, shape.startRows)
        append(activations, [shape.embeddingRow])
        append(remainders, shape.remainderRows)
        append(activations, shape.activationRows)
        append(positives, shape.positiveRows)
        entries.append(contentsOf: remainderMultiplicities)
        entries.append(contentsOf: quotientMultiplicities)
        return entries
    }
}

extension NetworkShape.Slot {
    /// Address of a real position by its index in the block's values.
    func address(_ index: Int, of shape: TensorShape) -> Int {
        address(index / (shape.height * shape.width), index / shape.width % shape.height, index % shape.width)
    }
}
