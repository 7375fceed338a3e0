import Commitments
import Models
import Multilinear

/// Everything about a network proof that follows from the model's description: slots, rows, tables, gates, lengths
/// (`docs/protocol.md` sections 7.1 to 7.3).
package struct NetworkShape: Sendable {
    /// What a layer's positions are looked up as.
    package struct Kind: Hashable, Sendable {
        package let table: Int
        /// Whether the lookup has a column max(z, 0).
        package let hasPositivePart: Bool
    }

    /// Where a block lives in the hypercube.
    package struct Slot: Sendable {
        package let block: Int
        package let offset: Int
        /// Padded size of the block.
        package let blockSize: Int
        /// At least a row for the start block and the last layer.
        package let size: Int
        /// log2 of the block's padded channels, height and width.
        package let variables: (channel: Int, row: Int, column: Int)
    }

    /// One linear term of a used layer.
    package struct TermShape: Sendable {
        package let layer: Int
        package let term: Int
        package let geometry: NetworkDescription.Term
        /// log2 of padded source channels, kernel height and width: the term's sumcheck variables.
        package let variables: (channel: Int, row: Int, column: Int)
        package let factors: GateAllocator.Product

        package var isDepthwise: Bool { geometry.kind == .depthwise }
        package var variableCount: Int { variables.channel + variables.row + variables.column }
    }

    package let description: NetworkDescription
    /// The block that the proof starts from.
    package let start: Int
    package let parameters: ParameterLayout
    /// m.
    package let columnCount: Int
    /// log2 m.
    package let columnVariables: Int

    package let kinds: [Kind]
    /// Index into `kinds` of each used layer, from layer `start` on.
    package let layerKinds: [Int]
    /// In address order.
    package let slots: [Slot]
    private let slotOfBlock: [Int]
    /// U: the end of the last slot, rounded up to whole rows.
    package let usedCount: Int
    /// n.
    package let height: Int

    package let remainderTable: RemainderTable
    package let quotientTable: QuotientTable

    /// Virtual rows of the start block.
    package let startRows: Range<Int>
    /// The virtual row of the last layer's slot.
    package let embeddingRow: Int
    /// Occupied virtual rows of each column, without start rows and e row.
    package let remainderRows: [Int]
    package let activationRows: [Int]
    package let positiveRows: [Int]
    /// Matrix row of each virtual row of a column; -1 where it is zero by shape.
    package let remainderMatrixRow: [Int]
    package let activationMatrixRow: [Int]
    package let positiveMatrixRow: [Int]
    /// Matrix rows.
    package let remainderMultiplicityRows: Range<Int>
    package let quotientMultiplicityRows: Range<Int>
    package let parameterRows: Range<Int>

    package let lookup: LookupLayout
    package let startPad: Wire
    package let activationPad: Wire
    package let positivePad: Wire?
    package let biasPad: Wire
    /// Per round of the layers' sumcheck, the pads of g(0), g(2) and g(3).
    package let layerRounds: [(zero: Wire, two: Wire, three: Wire?)]
    package let terms: [TermShape]
    package let opening: OpeningLayout
    package let gateCount: Int
    package let copies: [(original: Wire, copy: Wire)]

    package var hasPositivePart: Bool { positivePad != nil }

    /// Start rows, R, Z, P and multiplicity rows: what a proof holds besides E_i.
    package var sentRowCount: Int { parameterRows.lowerBound - 1 }

    package var maskedScalarCount: Int {
        let perRound = layerRounds.first?.three == nil ? 2 : 3
        return lookup.maskedScalarCount + (hasPositivePart ? 4 : 3) + perRound * layerRounds.count
            + 2 * terms.count + 2 * opening.rounds.count
    }

    /// - Parameter start: 0 for the input, else a block that no used layer reads below.
    package init(_ description: NetworkDescription, start: Int) {
        self.description = description
        self.start = start
        let parameters = ParameterLayout(description)
        self.parameters = parameters
        columnCount = parameters.rowWidth
        columnVariables = ceilLog2(columnCount)
        let used = start..<description.layers.count

        // Kinds.
        var positiveBlocks: Set<Int> = []
        for layer in used {
            for source in description.layers[layer].terms.flatMap(\.sources) where source.column == .positivePart {
                positiveBlocks.insert(source.block)
            }
        }
        var kinds: [Kind] = []
        var layerKinds: [Int] = []
        for layer in used {
            let kind = Kind(
                table: description.layers[layer].table,
                hasPositivePart: positiveBlocks.contains(layer + 1)
            )
            if !kinds.contains(kind) { kinds.append(kind) }
            layerKinds.append(kinds.firstIndex(of: kind) ?? 0)
        }
        self.kinds = kinds
        self.layerKinds = layerKinds

        // Slots.
        let blocks = [start] + used.map { $0 + 1 }
        let last = description.layers.count
        let sizes = blocks.map { block in
            let size = description.shape(ofBlock: block).paddedCount
            return block == start || block == last ? max(size, parameters.rowWidth) : size
        }
        var offset = 0
        var slots: [Slot] = []
        for index in blocks.indices.sorted(by: { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }) {
            let shape = description.shape(ofBlock: blocks[index])
            slots.append(
                Slot(
                    block: blocks[index],
                    offset: offset,
                    blockSize: shape.paddedCount,
                    size: sizes[index],
                    variables: (ceilLog2(shape.channels), ceilLog2(shape.height), ceilLog2(shape.width))
                )
            )
            offset += sizes[index]
        }
        self.slots = slots
        usedCount = (offset + parameters.rowWidth - 1) / parameters.rowWidth * parameters.rowWidth
        height = max(ceilLog2(parameters.rowWidth), ceilLog2(offset))
        var slotOfBlock = [Int](repeating: -1, count: description.layers.count + 1)
        for (index, slot) in slots.enumerated() { slotOfBlock[slot.block] = index }
        self.slotOfBlock = slotOfBlock
        let m = columnCount
        let startSlot = slots[slotOfBlock[start]]
        startRows = startSlot.offset / m..<(startSlot.offset + startSlot.size) / m
        embeddingRow = slots[slotOfBlock[last]].offset / m

        // Tables.
        remainderTable = RemainderTable(
            shift: description.shift,
            start: description.range(ofBlock: start),
            minimumCount: m
        )
        quotientTable = QuotientTable(kinds: kinds, tables: description.tables, minimumCount: m)

        // Rows.
        var occupied = [Bool](repeating: false, count: (usedCount + m - 1) / m)
        var positive = occupied
        for slot in slots where slot.block != start {
            let shape = description.shape(ofBlock: slot.block)
            for channel in 0..<shape.channels {
                for row in 0..<shape.height {
                    let first = slot.address(channel, row, 0)
                    for virtual in first / m...(first + shape.width - 1) / m {
                        occupied[virtual] = true
                        if kinds[layerKinds[slot.block - 1 - start]].hasPositivePart { positive[virtual] = true }
                    }
                }
            }
        }
        let embeddingRow = embeddingRow
        remainderRows = occupied.indices.filter { occupied[$0] }
        activationRows = occupied.indices.filter { occupied[$0] && $0 != embeddingRow }
        positiveRows = positive.indices.filter { positive[$0] }
        var next = startRows.count + 1
        func place(_ rows: [Int]) -> [Int] {
            var matrixRow = [Int](repeating: -1, count: occupied.count)
            for row in rows {
                matrixRow[row] = next
                next += 1
            }
            return matrixRow
        }
        var remainderMatrixRow = place(remainderRows)
        for (index, row) in startRows.enumerated() { remainderMatrixRow[row] = index }
        self.remainderMatrixRow = remainderMatrixRow
        var activationMatrixRow = place(activationRows)
        activationMatrixRow[embeddingRow] = startRows.count
        self.activationMatrixRow = activationMatrixRow
        positiveMatrixRow = place(positiveRows)
        remainderMultiplicityRows = next..<next + remainderTable.count / m
        next = remainderMultiplicityRows.upperBound
        quotientMultiplicityRows = next..<next + quotientTable.count / m
        next = quotientMultiplicityRows.upperBound
        parameterRows = next..<next + parameters.rowCount
        let rowCount = 1 << ceilLog2(parameterRows.upperBound)

        // Gates, in the normative order.
        var allocator = GateAllocator()
        lookup = LookupLayout(
            trees: [
                LookupLayout.Tree(height: height, hasUnitNumerators: true),
                LookupLayout.Tree(height: ceilLog2(remainderTable.count), hasUnitNumerators: false),
                LookupLayout.Tree(height: height, hasUnitNumerators: true),
                LookupLayout.Tree(height: ceilLog2(quotientTable.count), hasUnitNumerators: false),
            ],
            pairs: [(column: 0, table: 1), (column: 2, table: 3)],
            allocator: &allocator
        )
        startPad = allocator.single()
        activationPad = allocator.single()
        positivePad = kinds.contains(where: \.hasPositivePart) ? allocator.single() : nil
        biasPad = allocator.single()
        let geometries = used.flatMap { layer in
            description.layers[layer].terms.enumerated().map { (layer: layer, term: $0, geometry: $1) }
        }
        let variables = geometries.map { item in
            let source = description.shape(ofBlock: item.geometry.sources[0].block)
            return (
                channel: ceilLog2(source.channels), row: ceilLog2(item.geometry.kernelHeight),
                column: ceilLog2(item.geometry.kernelWidth)
            )
        }
        let isCubic = geometries.contains { $0.geometry.kind == .depthwise }
        layerRounds = (0..<(variables.map { $0.channel + $0.row + $0.column }.max() ?? 0)).map { _ in
            (zero: allocator.single(), two: allocator.single(), three: isCubic ? allocator.single() : nil)
        }
        terms = zip(geometries, variables).map { item, variables in
            TermShape(
                layer: item.layer,
                term: item.term,
                geometry: item.geometry,
                variables: variables,
                factors: allocator.product()
            )
        }
        opening = OpeningLayout(
            .columnsAndRows,
            rowCount: rowCount,
            columnCount: m,
            foldedCount: 16,
            allocator: &allocator
        )
        gateCount = allocator.gateCount
        copies = allocator.copies
    }

    package func slot(ofBlock block: Int) -> Slot { slots[slotOfBlock[block]] }

    /// Kind of a used block's layer.
    package func kind(ofBlock block: Int) -> Int { layerKinds[block - 1 - start] }
}

extension NetworkShape.Slot {
    /// Address of a position of the block.
    package func address(_ channel: Int, _ row: Int, _ column: Int) -> Int {
        offset + ((channel << variables.row + row) << variables.column) + column
    }
}
