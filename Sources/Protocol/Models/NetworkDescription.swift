/// The public part of a quantised network: everything but weights and biases (`docs/protocol.md` section 7.1).
///
/// A verifier knows a network by its description and by the commitments of its parameter rows.
public struct NetworkDescription: Hashable, Sendable {
    /// The geometry of one linear term: a convolution over the plain sum of its sources.
    public struct Term: Hashable, Sendable {
        /// Raw values are those of the file.
        public enum Kind: UInt8, Sendable, CustomStringConvertible {
            case convolution = 0
            /// Output channel c reads source channel c only.
            case depthwise = 1

            public var description: String {
                switch self {
                case .convolution: "convolution"
                case .depthwise: "depthwise"
                }
            }
        }

        /// Decides the order of the weights: [o][c][i][j], depthwise [c][i][j].
        public var kind: Kind
        /// Blocks of one shape, added up.
        public var sources: [BlockSource]
        /// KH, 1 to 4096.
        public var kernelHeight: Int
        /// KW, 1 to 4096.
        public var kernelWidth: Int
        /// Rows of the source from one output row to the next, 1 to 64.
        public var strideY: Int
        /// Columns of the source from one output column to the next, 1 to 64.
        public var strideX: Int
        /// Rows of zeros above the source, fewer than `kernelHeight`; those below follow from the output's shape.
        public var padTop: Int
        /// Columns of zeros left of the source, fewer than `kernelWidth`; those on the right follow from the output's
        /// shape.
        public var padLeft: Int

        public init(
            kind: Kind,
            sources: [BlockSource],
            kernelHeight: Int,
            kernelWidth: Int,
            strideY: Int,
            strideX: Int,
            padTop: Int,
            padLeft: Int
        ) {
            self.kind = kind
            self.sources = sources
            self.kernelHeight = kernelHeight
            self.kernelWidth = kernelWidth
            self.strideY = strideY
            self.strideX = strideX
            self.padTop = padTop
            self.padLeft = padLeft
        }
    }

    /// z = f(q) of acc = 2^s q + r, acc the biases and all terms added up. Layer i makes block i + 1.
    public struct Layer: Hashable, Sendable {
        /// For reports and errors; 0 to 255 bytes.
        public var name: String
        /// 1 to 4, all of the shape of ``output``.
        public var terms: [Term]
        /// The last layer's is d x 1 x 1.
        public var output: TensorShape
        /// Index into the network's tables.
        public var table: Int

        public init(name: String, terms: [Term], output: TensorShape, table: Int) {
            self.name = name
            self.terms = terms
            self.output = output
            self.table = table
        }
    }

    /// An activation table and the quotients that the layers with this table can reach.
    public struct Table: Hashable, Sendable {
        /// f; no two tables of a network have the same one.
        public var activation: ActivationTable
        /// Contains 0.
        public var quotients: ClosedRange<Int>

        public init(activation: ActivationTable, quotients: ClosedRange<Int>) {
            self.activation = activation
            self.quotients = quotients
        }
    }

    /// Block 0. A model has one channel.
    public var input: TensorShape
    /// s: acc = q 2^s + r.
    public var shift: Int
    /// 1 to 32, in the order of the indices ``Layer/table``.
    public var tables: [Table]
    /// The block that a proof at `head` starts from; 0 where the network cannot be cut.
    public var headStart: Int
    /// 1 to 512; each reads earlier blocks only.
    public var layers: [Layer]

    public init(input: TensorShape, shift: Int, tables: [Table], headStart: Int, layers: [Layer]) {
        self.input = input
        self.shift = shift
        self.tables = tables
        self.headStart = headStart
        self.layers = layers
    }

    /// d.
    public var dimension: Int { self.layers.last?.output.count ?? 0 }

    /// Shape of block `index`: 0 is the input.
    public func shape(ofBlock index: Int) -> TensorShape {
        index == 0 ? self.input : self.layers[index - 1].output
    }

    /// Range of the activations of block `index`.
    public func range(ofBlock index: Int) -> ClosedRange<Int> {
        index == 0 ? -128...127 : self.tables[self.layers[index - 1].table].activation.range
    }
}

/// A column of activations that a layer reads: block 0 is the network's input (pixel - 128), block i the output of
/// layer i - 1.
public struct BlockSource: Hashable, Sendable {
    /// The two columns of one lookup.
    public enum Column: UInt8, Sendable {
        /// z = f(q).
        case activation = 0
        /// max(z, 0), the second column of a PReLU layer.
        case positivePart = 1
    }

    /// At most the reading layer's own index.
    public var block: Int
    /// Of block 0 `activation` only.
    public var column: Column

    public init(block: Int, column: Column = .activation) {
        self.block = block
        self.column = column
    }
}
