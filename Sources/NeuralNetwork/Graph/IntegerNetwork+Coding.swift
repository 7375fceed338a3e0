extension IntegerNetwork {
    func encode(into writer: inout ByteWriter) {
        Self.encode(self.input, into: &writer)
        writer.write(UInt8(truncatingIfNeeded: self.shift))
        writer.write(UInt8(truncatingIfNeeded: self.tableBits))
        writer.write(UInt8(truncatingIfNeeded: self.tables.count))
        for table in self.tables {
            switch table {
            case .clip(let lower, let upper):
                writer.write(UInt8(0))
                writer.write(Int16(truncatingIfNeeded: lower))
                writer.write(Int16(truncatingIfNeeded: upper))
            case .quadratic(let a, let b, let shift, let lower, let upper):
                writer.write(UInt8(1))
                writer.write(Int16(truncatingIfNeeded: lower))
                writer.write(Int16(truncatingIfNeeded: upper))
                writer.write(Int32(truncatingIfNeeded: a))
                writer.write(Int32(truncatingIfNeeded: b))
                writer.write(UInt8(truncatingIfNeeded: shift))
            }
        }
        writer.write(UInt16(truncatingIfNeeded: self.layers.count))
        for layer in self.layers {
            writer.write(layer.name)
            Self.encode(layer.output, into: &writer)
            writer.write(UInt8(truncatingIfNeeded: layer.table))
            writer.write(layer.bias)
            writer.write(UInt8(truncatingIfNeeded: layer.terms.count))
            for term in layer.terms { term.encode(into: &writer) }
        }
    }

    init(decoding reader: inout ByteReader) throws(ModelError) {
        let input = try Self.decodeShape(&reader)
        let shift = Int(try reader.read(UInt8.self))
        let tableBits = Int(try reader.read(UInt8.self))
        var tables: [ActivationTable] = []
        for _ in 0..<(try reader.read(UInt8.self, in: 1...NetworkLimits.tables)) {
            let tag = try reader.read(UInt8.self)
            let lower = Int(try reader.read(Int16.self))
            let upper = Int(try reader.read(Int16.self))
            switch tag {
            case 0:
                tables.append(.clip(lower: lower, upper: upper))
            case 1:
                let a = Int(try reader.read(Int32.self))
                let b = Int(try reader.read(Int32.self))
                let shift = Int(try reader.read(UInt8.self))
                tables.append(.quadratic(a: a, b: b, shift: shift, lower: lower, upper: upper))
            default:
                throw .invalidTag
            }
        }
        var layers: [Layer] = []
        for _ in 0..<(try reader.read(UInt16.self, in: 1...NetworkLimits.layers)) {
            let name = try reader.readText()
            let output = try Self.decodeShape(&reader)
            let table = Int(try reader.read(UInt8.self))
            let bias = try reader.readIntegers(maximumCount: NetworkLimits.channels)
            var terms: [LinearTerm] = []
            for _ in 0..<(try reader.read(UInt8.self, in: 1...NetworkLimits.terms)) {
                terms.append(try LinearTerm(decoding: &reader))
            }
            layers.append(Layer(name: name, terms: terms, bias: bias, output: output, table: table))
        }
        try self.init(input: input, shift: shift, tableBits: tableBits, tables: tables, layers: layers)
    }

    private static func encode(_ shape: TensorShape, into writer: inout ByteWriter) {
        writer.write(UInt16(truncatingIfNeeded: shape.channels))
        writer.write(UInt16(truncatingIfNeeded: shape.height))
        writer.write(UInt16(truncatingIfNeeded: shape.width))
    }

    private static func decodeShape(_ reader: inout ByteReader) throws(ModelError) -> TensorShape {
        TensorShape(
            channels: Int(try reader.read(UInt16.self)),
            height: Int(try reader.read(UInt16.self)),
            width: Int(try reader.read(UInt16.self))
        )
    }
}

extension LinearTerm {
    func encode(into writer: inout ByteWriter) {
        writer.write(self.kind.rawValue)
        writer.write(UInt8(truncatingIfNeeded: self.sources.count))
        for source in self.sources {
            writer.write(UInt16(truncatingIfNeeded: source.block))
            writer.write(source.column.rawValue)
        }
        for value in [self.kernelHeight, self.kernelWidth, self.strideY, self.strideX, self.padTop, self.padLeft] {
            writer.write(UInt16(truncatingIfNeeded: value))
        }
        writer.write(self.weights)
    }

    init(decoding reader: inout ByteReader) throws(ModelError) {
        guard let kind = Kind(rawValue: try reader.read()) else { throw .invalidTag }
        var sources: [BlockSource] = []
        for _ in 0..<(try reader.read(UInt8.self, in: 1...NetworkLimits.sources)) {
            let block = Int(try reader.read(UInt16.self))
            guard let column = BlockSource.Column(rawValue: try reader.read()) else { throw .invalidTag }
            sources.append(BlockSource(block: block, column: column))
        }
        self.init(
            kind: kind,
            sources: sources,
            kernelHeight: Int(try reader.read(UInt16.self)),
            kernelWidth: Int(try reader.read(UInt16.self)),
            strideY: Int(try reader.read(UInt16.self)),
            strideX: Int(try reader.read(UInt16.self)),
            padTop: Int(try reader.read(UInt16.self)),
            padLeft: Int(try reader.read(UInt16.self)),
            weights: try reader.readIntegers(maximumCount: NetworkLimits.weights)
        )
    }
}
