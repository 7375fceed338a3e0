import Models

/// A quantised network: the integer function that a proof is about, and the one that is run.
///
/// The input is one byte per position, read as pixel - 128. Layer by layer, with exact integers,
/// acc = sum of terms + bias, acc = q 2^s + r with r in [-2^(s-1), 2^(s-1)), z = f(q).
/// The last layer's z is the embedding. (docs/quantisation.md, "Arithmetic".)
public struct IntegerNetwork: Hashable, Sendable {
    /// Block 0.
    public let input: TensorShape
    /// s, in 2...16.
    public let shift: Int
    /// log2 of the number of rows of a table: q is in [-2^(b-1), 2^(b-1)), b in 2...16, s + b <= 30.
    public let tableBits: Int
    /// 1 to 32, in the order of the indices ``Layer/table``; no two alike.
    public let tables: [ActivationTable]
    /// 1 to 512; layer i makes block i + 1.
    public let layers: [Layer]
    /// The network without its weights and biases, each table with the quotients that its layers can reach.
    public private(set) var description: NetworkDescription

    /// Checks everything that running and proving rely on, the accumulators' bounds included.
    public init(
        input: TensorShape,
        shift: Int,
        tableBits: Int,
        tables: [ActivationTable],
        layers: [Layer]
    ) throws(ModelError) {
        self.input = input
        self.shift = shift
        self.tableBits = tableBits
        self.tables = tables
        self.layers = layers
        description = NetworkDescription(
            input: input,
            shift: shift,
            tables: tables.map { NetworkDescription.Table(activation: $0, quotients: 0...0) },
            headStart: 0,
            layers: layers.map {
                NetworkDescription.Layer(
                    name: $0.name,
                    terms: $0.terms.map(\.geometry),
                    output: $0.output,
                    table: $0.table
                )
            }
        )
        try validate()
        for (index, layer) in layers.enumerated() {
            let known = description.tables[layer.table].quotients
            description.tables[layer.table].quotients = quotientBounds(ofLayer: index).reduce(known) {
                Swift.min($0.lowerBound, $1.lowerBound)...Swift.max($0.upperBound, $1.upperBound)
            }
        }
        description.headStart = description.lastStart
    }

    /// All weights and biases, by layer and term.
    public var parameters: NetworkParameters {
        NetworkParameters(weights: layers.map { $0.terms.map(\.weights) }, biases: layers.map(\.bias))
    }

    /// Quotients that have a row in the tables.
    public var quotients: Range<Int> { -(1 << (tableBits - 1))..<(1 << (tableBits - 1)) }

    /// Number of entries of the embedding.
    public var dimension: Int { layers.last?.output.count ?? 0 }

    /// Activations of all layers, the input not counted.
    public var activations: Int { layers.reduce(0) { $0 + $1.output.count } }

    /// Weights of all terms, biases not counted.
    public var weights: Int { layers.reduce(0) { $0 + $1.terms.reduce(0) { $0 + $1.weights.count } } }

    /// Multiply-accumulate operations of one run, padding included.
    public var multiplications: Int { layers.reduce(0) { $0 + $1.multiplications } }

    /// Shape of block `index`: 0 is the input.
    public func shape(ofBlock index: Int) -> TensorShape {
        index == 0 ? input : layers[index - 1].output
    }

    /// Range of the activations of block `index`.
    public func range(ofBlock index: Int) -> ClosedRange<Int> {
        index == 0 ? -128...127 : tables[layers[index - 1].table].range
    }

    /// Least and greatest quotient of each output channel of a layer, over all inputs.
    public func quotientBounds(ofLayer index: Int) -> [ClosedRange<Int>] {
        let half = Int64(1) << Int64(shift - 1)
        return AccumulatorBounds.intervals(of: layers[index], range: range(ofBlock:)).map { interval in
            let lower = (interval.lowerBound + half) >> Int64(shift)
            let upper = (interval.upperBound + half) >> Int64(shift)
            return Int(lower)...Int(upper)
        }
    }
}
