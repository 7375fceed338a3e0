import Models
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
    package var quotientIndices: [Int32]
    /// Index that the rest of the hypercube looks up.
    package var remainderTail: Int32
    package var quotientTail: Int32
    package var remainderMultiplicities: [Int32]
    package var quotientMultiplicities: [Int32]
    /// The blocks, real positions, for the layers' sumcheck.
    package var blocks: [[Int16]]

    /// - Returns: nil where a value has no row in its table, or the trace is not one of this network.
    package init?(_ shape: NetworkShape, trace: NetworkTraceValues) {
        let description = shape.description
        guard trace.blocks.count == description.layers.count + 1,
            trace.accumulators.count == description.layers.count
        else { return nil }
        let used = shape.usedCount
        let half = 1 << (description.shift - 1)
        let zeroRemainder = Int32(shape.remainderTable.index(ofRemainder: 0))
        guard let zeroQuotient = shape.quotientTable.index(ofQuotient: 0, kind: 0) else { return nil }
        var remainders = [Int32](repeating: 0, count: used)
        var activations = remainders
        var positives = shape.hasPositivePart ? remainders : []
        var remainderIndices = [Int32](repeating: zeroRemainder, count: used)
        var quotientIndices = [Int32](repeating: Int32(zeroQuotient), count: used)

        for slot in shape.slots {
            let output = description.shape(ofBlock: slot.block)
            let values = trace.blocks[slot.block]
            guard values.count == output.count else { return nil }
            if slot.block == shape.start {
                let range = description.range(ofBlock: shape.start)
                for address in slot.offset..<slot.offset + slot.size {
                    remainderIndices[address] = Int32(shape.remainderTable.index(ofStart: 0))
                }
                for (index, value) in values.enumerated() {
                    guard range.contains(Int(value)) else { return nil }
                    let address = slot.address(index, of: output)
                    remainders[address] = Int32(value)
                    remainderIndices[address] = Int32(shape.remainderTable.index(ofStart: Int(value)))
                }
                continue
            }
            let kind = shape.kind(ofBlock: slot.block)
            let accumulators = trace.accumulators[slot.block - 1]
            guard accumulators.count == output.count,
                let zero = shape.quotientTable.index(ofQuotient: 0, kind: kind)
            else { return nil }
            for address in slot.offset..<slot.offset + slot.blockSize { quotientIndices[address] = Int32(zero) }
            for index in 0..<output.count {
                let accumulator = Int(accumulators[index])
                let quotient = (accumulator + half) >> description.shift
                guard let entry = shape.quotientTable.index(ofQuotient: quotient, kind: kind) else { return nil }
                let remainder = accumulator - quotient << description.shift
                let address = slot.address(index, of: output)
                remainders[address] = Int32(truncatingIfNeeded: remainder)
                remainderIndices[address] = Int32(shape.remainderTable.index(ofRemainder: remainder))
                activations[address] = Int32(values[index])
                if shape.kinds[kind].hasPositivePart { positives[address] = max(0, Int32(values[index])) }
                quotientIndices[address] = Int32(entry)
            }
        }
        self.remainders = remainders
        self.activations = activations
        self.positives = positives
        self.remainderIndices = remainderIndices
        self.quotientIndices = quotientIndices
        remainderTail = zeroRemainder
        quotientTail = Int32(zeroQuotient)
        let rest = Int32((1 << shape.height) - used)
        remainderMultiplicities = Self.count(remainderIndices, of: shape.remainderTable.count)
        remainderMultiplicities[Int(zeroRemainder)] += rest
        quotientMultiplicities = Self.count(quotientIndices, of: shape.quotientTable.count)
        quotientMultiplicities[zeroQuotient] += rest
        blocks = trace.blocks
    }

    private static func count(_ indices: [Int32], of count: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: count)
        for index in indices { counts[Int(index)] += 1 }
        return counts
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
