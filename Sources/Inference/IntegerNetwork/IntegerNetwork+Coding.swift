import Encoding
import Models

extension IntegerNetwork {
    func encode(into writer: inout ByteWriter) {
        input.encode(into: &writer)
        writer.append(UInt8(truncatingIfNeeded: shift))
        writer.append(UInt8(truncatingIfNeeded: tableBits))
        writer.append(UInt8(truncatingIfNeeded: tables.count))
        for table in tables { table.encode(into: &writer) }
        writer.append(UInt16(truncatingIfNeeded: layers.count))
        for layer in layers {
            writer.append(string: layer.name)
            layer.output.encode(into: &writer)
            writer.append(UInt8(truncatingIfNeeded: layer.table))
            writer.append(integers: layer.bias)
            writer.append(UInt8(truncatingIfNeeded: layer.terms.count))
            for term in layer.terms {
                term.geometry.encode(into: &writer)
                writer.append(integers: term.weights)
            }
        }
    }

    init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        let input = try TensorShape(decoding: &reader)
        let shift = Int(try reader.readInteger(UInt8.self))
        let tableBits = Int(try reader.readInteger(UInt8.self))
        var tables: [ActivationTable] = []
        for _ in 0..<(try reader.readInteger(UInt8.self, in: 1...NetworkLimits.tables)) {
            tables.append(try ActivationTable(decoding: &reader))
        }
        var layers: [Layer] = []
        for _ in 0..<(try reader.readInteger(UInt16.self, in: 1...NetworkLimits.layers)) {
            let name = try reader.readText()
            let output = try TensorShape(decoding: &reader)
            let table = Int(try reader.readInteger(UInt8.self))
            let bias = try reader.readIntegers(maximumCount: NetworkLimits.channels)
            var terms: [LinearTerm] = []
            for _ in 0..<(try reader.readInteger(UInt8.self, in: 1...NetworkLimits.terms)) {
                let geometry = try NetworkDescription.Term(decoding: &reader)
                let weights = try reader.readIntegers(maximumCount: NetworkLimits.weights)
                terms.append(LinearTerm(geometry, weights: weights))
            }
            layers.append(Layer(name: name, terms: terms, bias: bias, output: output, table: table))
        }
        try self.init(input: input, shift: shift, tableBits: tableBits, tables: tables, layers: layers)
    }
}
