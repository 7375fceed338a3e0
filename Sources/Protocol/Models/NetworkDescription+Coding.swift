import Encoding

// Parts that model files and published models have in common; docs/quantisation.md, "Model file".

extension TensorShape {
    /// Three u16: channels, height, width.
    package func encode(into writer: inout ByteWriter) {
        writer.append(UInt16(truncatingIfNeeded: self.channels))
        writer.append(UInt16(truncatingIfNeeded: self.height))
        writer.append(UInt16(truncatingIfNeeded: self.width))
    }

    /// Any three u16; ``NetworkDescription/validate()`` refuses those out of range.
    package init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        self.init(
            channels: Int(try reader.readInteger(UInt16.self)),
            height: Int(try reader.readInteger(UInt16.self)),
            width: Int(try reader.readInteger(UInt16.self))
        )
    }
}

extension ActivationTable {
    /// u8 kind (0 clip, 1 square, 2 gate), i16 lower, i16 upper, then i32 a, b and for a gate c, then u8 t.
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .clip(let lower, let upper):
            writer.append(UInt8(0))
            writer.append(Int16(truncatingIfNeeded: lower))
            writer.append(Int16(truncatingIfNeeded: upper))
        case .quadratic(let a, let b, let shift, let lower, let upper):
            writer.append(UInt8(1))
            writer.append(Int16(truncatingIfNeeded: lower))
            writer.append(Int16(truncatingIfNeeded: upper))
            writer.append(Int32(truncatingIfNeeded: a))
            writer.append(Int32(truncatingIfNeeded: b))
            writer.append(UInt8(truncatingIfNeeded: shift))
        case .gate(let a, let b, let c, let shift, let lower, let upper):
            writer.append(UInt8(2))
            writer.append(Int16(truncatingIfNeeded: lower))
            writer.append(Int16(truncatingIfNeeded: upper))
            writer.append(Int32(truncatingIfNeeded: a))
            writer.append(Int32(truncatingIfNeeded: b))
            writer.append(Int32(truncatingIfNeeded: c))
            writer.append(UInt8(truncatingIfNeeded: shift))
        }
    }

    /// Throws `invalidTag` for an unknown kind; ranges are left to ``validate()``.
    package init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        let tag = try reader.readInteger(UInt8.self)
        let lower = Int(try reader.readInteger(Int16.self))
        let upper = Int(try reader.readInteger(Int16.self))
        switch tag {
        case 0:
            self = .clip(lower: lower, upper: upper)
        case 1:
            let a = Int(try reader.readInteger(Int32.self))
            let b = Int(try reader.readInteger(Int32.self))
            let shift = Int(try reader.readInteger(UInt8.self))
            self = .quadratic(a: a, b: b, shift: shift, lower: lower, upper: upper)
        case 2:
            let a = Int(try reader.readInteger(Int32.self))
            let b = Int(try reader.readInteger(Int32.self))
            let c = Int(try reader.readInteger(Int32.self))
            let shift = Int(try reader.readInteger(UInt8.self))
            self = .gate(a: a, b: b, c: c, shift: shift, lower: lower, upper: upper)
        default:
            throw .invalidTag
        }
    }
}

extension NetworkDescription.Term {
    /// Kind, sources and geometry; the weights are not part of it.
    package func encode(into writer: inout ByteWriter) {
        writer.append(self.kind.rawValue)
        writer.append(UInt8(truncatingIfNeeded: self.sources.count))
        for source in self.sources {
            writer.append(UInt16(truncatingIfNeeded: source.block))
            writer.append(source.column.rawValue)
        }
        for value in [self.kernelHeight, self.kernelWidth, self.strideY, self.strideX, self.padTop, self.padLeft] {
            writer.append(UInt16(truncatingIfNeeded: value))
        }
    }

    /// Throws `limitExceeded` for a number of sources outside 1 to 8, `invalidTag` for an unknown kind or column; the
    /// rest is left to ``NetworkDescription/validate()``.
    package init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        guard let kind = Kind(rawValue: try reader.readInteger()) else { throw .invalidTag }
        var sources: [BlockSource] = []
        for _ in 0..<(try reader.readInteger(UInt8.self, in: 1...NetworkLimits.sources)) {
            let block = Int(try reader.readInteger(UInt16.self))
            guard let column = BlockSource.Column(rawValue: try reader.readInteger()) else { throw .invalidTag }
            sources.append(BlockSource(block: block, column: column))
        }
        self.init(
            kind: kind,
            sources: sources,
            kernelHeight: Int(try reader.readInteger(UInt16.self)),
            kernelWidth: Int(try reader.readInteger(UInt16.self)),
            strideY: Int(try reader.readInteger(UInt16.self)),
            strideX: Int(try reader.readInteger(UInt16.self)),
            padTop: Int(try reader.readInteger(UInt16.self)),
            padLeft: Int(try reader.readInteger(UInt16.self))
        )
    }
}

/// The network's part of a published model.
extension NetworkDescription {
    func encode(into writer: inout ByteWriter) {
        self.input.encode(into: &writer)
        writer.append(UInt8(truncatingIfNeeded: self.shift))
        writer.append(UInt8(truncatingIfNeeded: self.tables.count))
        for table in self.tables {
            table.activation.encode(into: &writer)
            writer.append(Int32(truncatingIfNeeded: table.quotients.lowerBound))
            writer.append(Int32(truncatingIfNeeded: table.quotients.upperBound))
        }
        writer.append(UInt16(truncatingIfNeeded: self.headStart))
        writer.append(UInt16(truncatingIfNeeded: self.layers.count))
        for layer in self.layers {
            writer.append(string: layer.name)
            layer.output.encode(into: &writer)
            writer.append(UInt8(truncatingIfNeeded: layer.table))
            writer.append(UInt8(truncatingIfNeeded: layer.terms.count))
            for term in layer.terms { term.encode(into: &writer) }
        }
    }

    init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        let input = try TensorShape(decoding: &reader)
        let shift = Int(try reader.readInteger(UInt8.self))
        var tables: [Table] = []
        for _ in 0..<(try reader.readInteger(UInt8.self, in: 1...NetworkLimits.tables)) {
            let activation = try ActivationTable(decoding: &reader)
            let lower = Int(try reader.readInteger(Int32.self))
            let upper = Int(try reader.readInteger(Int32.self))
            guard lower <= upper else { throw .invalidTable }
            tables.append(Table(activation: activation, quotients: lower...upper))
        }
        let headStart = Int(try reader.readInteger(UInt16.self))
        var layers: [Layer] = []
        for _ in 0..<(try reader.readInteger(UInt16.self, in: 1...NetworkLimits.layers)) {
            let name = try reader.readText()
            let output = try TensorShape(decoding: &reader)
            let table = Int(try reader.readInteger(UInt8.self))
            var terms: [Term] = []
            for _ in 0..<(try reader.readInteger(UInt8.self, in: 1...NetworkLimits.terms)) {
                terms.append(try Term(decoding: &reader))
            }
            layers.append(Layer(name: name, terms: terms, output: output, table: table))
        }
        self.init(input: input, shift: shift, tables: tables, headStart: headStart, layers: layers)
    }
}
