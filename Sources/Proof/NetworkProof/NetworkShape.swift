import Commitments
import Models
import Multilinear

/// Everything about a network proof that follows from the model's description: slots, rows, tables, gates, lengths
/// (`docs/protocol.md` sections 7.1 to 7.3).
package struct NetworkShape: Sendable {
    /// What a layer's positions are looked up as.
    package struct Kind: Hashable, Sendable {
        /// Index into the description's tables.
        package let table: Int
        /// Whether the lookup has a column max(z, 0).
        package let hasPositivePart: Bool
    }

    /// Where a block lives in the hypercube.
    package struct Slot: Sendable {
        /// 0 for the input, else the layer's index plus one.
        package let block: Int
        /// First address; a multiple of `blockSize`.
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
        /// Index into the description's layers.
        package let layer: Int
        /// Index into the layer's terms.
        package let term: Int
        /// Sources, kernel, stride and padding.
        package let geometry: NetworkDescription.Term
        /// log2 of padded source channels, kernel height and width: the term's sumcheck variables.
        package let variables: (channel: Int, row: Int, column: Int)
        /// The gate that multiplies the pads of w_t and x_t.
        package let factors: GateAllocator.Product

        /// Whether output channel c reads source channel c only.
        package var isDepthwise: Bool { geometry.kind == .depthwise }
        /// k_t.
        package var variableCount: Int { variables.channel + variables.row + variables.column }
    }

    /// Valid; all else follows from it and ``start``.
    package let description: NetworkDescription
    /// The block that the proof starts from.
    package let start: Int
    /// Where weights and biases lie in the parameter rows.
    package let parameters: ParameterLayout
    /// m.
    package let columnCount: Int
    /// log2 m.
    package let columnVariables: Int

    /// In the order in which the used layers meet them.
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

    /// What remainders and start values are looked up in.
    package let remainderTable: RemainderTable
    /// What quotients and activations are looked up in.
    package let quotientTable: QuotientTable

    /// Virtual rows of the start block.
    package let startRows: Range<Int>
    /// The virtual row of the last layer's slot.
    package let embeddingRow: Int
    /// Occupied virtual rows of each column, without start rows and e row.
    package let remainderRows: [Int]
    /// Z, without the e row.
    package let activationRows: [Int]
    /// P; empty where no used layer's kind has it.
    package let positiveRows: [Int]
    /// Matrix row of each virtual row of a column; -1 where it is zero by shape.
    package let remainderMatrixRow: [Int]
    /// Z; that of ``embeddingRow`` is E_i's.
    package let activationMatrixRow: [Int]
    /// P.
    package let positiveMatrixRow: [Int]
    /// Matrix rows.
    package let remainderMultiplicityRows: Range<Int>
    /// One count for each row of the quotients' table: 2^hq / m rows.
    package let quotientMultiplicityRows: Range<Int>
    /// The model's, which no proof sends.
    package let parameterRows: Range<Int>

    /// Four trees, R, its table, Q, its table, with the pairs (0, 1) and (2, 3).
    package let lookup: LookupLayout
    /// Pads of the four values that the layers start from: v_start, v_z, v_p, bias.
    package let startPad: Wire
    /// Of v_z.
    package let activationPad: Wire
    /// Of v_p; nil where there is no column P.
    package let positivePad: Wire?
    /// Of v_bias.
    package let biasPad: Wire
    /// Per round of the layers' sumcheck, the pads of g(0), g(2) and g(3).
    package let layerRounds: [(zero: Wire, two: Wire, three: Wire?)]
    /// Of the used layers, in order.
    package let terms: [TermShape]
    /// Columns, then rows; folding stops at 16 entries.
    package let opening: OpeningLayout
    /// Of the closing argument, before it is rounded up to a power of two.
    package let gateCount: Int
    /// Pairs of wires that the constraints make equal.
    package let copies: [(original: Wire, copy: Wire)]

    /// Whether there is a column P.
    package var hasPositivePart: Bool { positivePad != nil }

    /// Start rows, R, Z, P and multiplicity rows: what a proof holds besides E_i.
    package var sentRowCount: Int { parameterRows.lowerBound - 1 }

    /// Masked scalars in a proof.
    package var maskedScalarCount: Int {
        let perRound = layerRounds.first?.three == nil ? 2 : 3
        return lookup.maskedScalarCount + (hasPositivePart ? 4 : 3) + perRound * layerRounds.count
            + 2 * terms.count + 2 * opening.rounds.count
    }

    /// - Parameter start: 0 for the input, else a block that no used layer reads below.
    package init(_ description: NetworkDescription, start: Int) {
        let parameters = ParameterLayout(description)
        let m = parameters.rowWidth
        let (kinds, layerKinds) = Self.kinds(description, start: start)
        let slots = Self.slots(description, start: start, rowWidth: m)
        let end = slots.reduce(0) { max($0, $1.offset + $1.size) }
        self.description = description
        self.start = start
        self.parameters = parameters
        columnCount = m
        columnVariables = ceilLog2(m)
        self.kinds = kinds
        self.layerKinds = layerKinds
        self.slots = slots
        usedCount = (end + m - 1) / m * m
        height = max(ceilLog2(m), ceilLog2(end))
        var slotOfBlock = [Int](repeating: -1, count: description.layers.count + 1)
        for (index, slot) in slots.enumerated() { slotOfBlock[slot.block] = index }
        self.slotOfBlock = slotOfBlock
        remainderTable = RemainderTable(
            shift: description.shift,
            start: description.range(ofBlock: start),
            minimumCount: m
        )
        quotientTable = QuotientTable(kinds: kinds, tables: description.tables, minimumCount: m)

        let startSlot = slots[slotOfBlock[start]]
        startRows = startSlot.offset / m..<(startSlot.offset + startSlot.size) / m
        let embeddingRow = slots[slotOfBlock[description.layers.count]].offset / m
        self.embeddingRow = embeddingRow
        let used = slots.filter { $0.block != start }
        let positive = used.filter { kinds[layerKinds[$0.block - 1 - start]].hasPositivePart }
        remainderRows = Self.occupiedRows(used, description, rowWidth: m, rowCount: usedCount / m)
        positiveRows = Self.occupiedRows(positive, description, rowWidth: m, rowCount: usedCount / m)
        activationRows = remainderRows.filter { $0 != embeddingRow }

        var matrix = MatrixRows(next: startRows.count + 1, columnRowCount: usedCount / m)
        var remainderMatrixRow = matrix.place(remainderRows)
        for (index, row) in startRows.enumerated() { remainderMatrixRow[row] = index }
        self.remainderMatrixRow = remainderMatrixRow
        var activationMatrixRow = matrix.place(activationRows)
        activationMatrixRow[embeddingRow] = startRows.count
        self.activationMatrixRow = activationMatrixRow
        positiveMatrixRow = matrix.place(positiveRows)
        remainderMultiplicityRows = matrix.place(count: remainderTable.count / m)
        quotientMultiplicityRows = matrix.place(count: quotientTable.count / m)
        parameterRows = matrix.place(count: parameters.rowCount)

        // Gates, in the normative order.
        var allocator = GateAllocator()
        lookup = Self.lookup(
            columnHeight: height,
            tableHeights: (ceilLog2(remainderTable.count), ceilLog2(quotientTable.count)),
            &allocator
        )
        startPad = allocator.single()
        activationPad = allocator.single()
        positivePad = kinds.contains(where: \.hasPositivePart) ? allocator.single() : nil
        biasPad = allocator.single()
        (layerRounds, terms) = Self.terms(description, start: start, &allocator)
        opening = OpeningLayout(
            .columnsAndRows,
            rowCount: 1 << ceilLog2(parameterRows.upperBound),
            columnCount: m,
            foldedCount: 16,
            allocator: &allocator
        )
        gateCount = allocator.gateCount
        copies = allocator.copies
    }

    /// The slot of the start block or of a used layer's block.
    package func slot(ofBlock block: Int) -> Slot { slots[slotOfBlock[block]] }

    /// Kind of a used block's layer.
    package func kind(ofBlock block: Int) -> Int { layerKinds[block - 1 - start] }
}

// MARK: - Steps of the layout

extension NetworkShape {
    /// The kinds of the used layers in order of appearance, and which of them each layer is of.
    private static func kinds(_ description: NetworkDescription, start: Int) -> (kinds: [Kind], layerKinds: [Int]) {
        let used = start..<description.layers.count
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
        return (kinds, layerKinds)
    }

    /// The start block and the used layers' blocks, the largest first, so that each is aligned to its size.
    private static func slots(_ description: NetworkDescription, start: Int, rowWidth: Int) -> [Slot] {
        let last = description.layers.count
        let blocks = [start] + (start..<last).map { $0 + 1 }
        let sizes = blocks.map { block in
            let size = description.shape(ofBlock: block).paddedCount
            return block == start || block == last ? max(size, rowWidth) : size
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
        return slots
    }

    /// The virtual rows that hold a real position of a slot, in order.
    private static func occupiedRows(
        _ slots: [Slot],
        _ description: NetworkDescription,
        rowWidth m: Int,
        rowCount: Int
    ) -> [Int] {
        var occupied = [Bool](repeating: false, count: rowCount)
        for slot in slots {
            let shape = description.shape(ofBlock: slot.block)
            for channel in 0..<shape.channels {
                for row in 0..<shape.height {
                    let first = slot.address(channel, row, 0)
                    for virtual in first / m...(first + shape.width - 1) / m { occupied[virtual] = true }
                }
            }
        }
        return occupied.indices.filter { occupied[$0] }
    }

    /// Hands out the matrix's rows.
    private struct MatrixRows {
        var next: Int
        /// Virtual rows of a column.
        let columnRowCount: Int

        /// The matrix row of each virtual row of a column; -1 where it has none.
        mutating func place(_ rows: [Int]) -> [Int] {
            var matrixRow = [Int](repeating: -1, count: columnRowCount)
            for row in rows {
                matrixRow[row] = next
                next += 1
            }
            return matrixRow
        }

        mutating func place(count: Int) -> Range<Int> {
            defer { next += count }
            return next..<next + count
        }
    }

    /// R with the remainders' table, Q with the quotients'.
    private static func lookup(
        columnHeight: Int,
        tableHeights: (remainders: Int, quotients: Int),
        _ allocator: inout GateAllocator
    ) -> LookupLayout {
        LookupLayout(
            trees: [
                LookupLayout.Tree(height: columnHeight, hasUnitNumerators: true),
                LookupLayout.Tree(height: tableHeights.remainders, hasUnitNumerators: false),
                LookupLayout.Tree(height: columnHeight, hasUnitNumerators: true),
                LookupLayout.Tree(height: tableHeights.quotients, hasUnitNumerators: false),
            ],
            pairs: [(column: 0, table: 1), (column: 2, table: 3)],
            allocator: &allocator
        )
    }

    /// The pads of the layers' sumcheck, as many rounds as the largest term has variables, and the used layers' terms.
    private static func terms(
        _ description: NetworkDescription,
        start: Int,
        _ allocator: inout GateAllocator
    ) -> (rounds: [(zero: Wire, two: Wire, three: Wire?)], terms: [TermShape]) {
        let geometries = (start..<description.layers.count).flatMap { layer in
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
        let roundCount = variables.map { $0.channel + $0.row + $0.column }.max() ?? 0
        let rounds = (0..<roundCount).map { _ in
            (zero: allocator.single(), two: allocator.single(), three: isCubic ? allocator.single() : nil)
        }
        let terms = zip(geometries, variables).map { item, variables in
            TermShape(
                layer: item.layer,
                term: item.term,
                geometry: item.geometry,
                variables: variables,
                factors: allocator.product()
            )
        }
        return (rounds, terms)
    }
}

extension NetworkShape.Slot {
    /// Address of a position of the block.
    package func address(_ channel: Int, _ row: Int, _ column: Int) -> Int {
        offset + ((channel << variables.row + row) << variables.column) + column
    }
}
