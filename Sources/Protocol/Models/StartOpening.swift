import Commitments
import Ristretto255
import Sodium
import Transcript

/// The committed start block of a network proof: the network's input, or a feature map. Secret.
public struct StartOpening: Sendable {
    /// Real positions, [channel][row][column], in the block's range.
    public let values: [Int16]
    /// One per start row.
    public let blinders: [Scalar]
    /// The start rows.
    public let commitments: [CompressedRistretto]

    /// Commits to a block under fresh blinders, in time that does not depend on its values.
    ///
    /// - Parameters:
    ///   - values: `description.shape(ofBlock: start).count` entries.
    ///   - start: the block.
    /// - Throws: `wrongInputSize` where the count or a value does not fit the block.
    public init(committing values: [Int16], description: NetworkDescription, start: Int) throws(ModelError) {
        var builder = Transcript(label: "semblance start blinders v1").randomnessBuilder()
        values.withUnsafeBytes { builder.rekey("values", rawBytes: $0) }
        var system = SystemRandom()
        let randomness = builder.finalize(using: &system)
        let count = Self.rowCount(description, start: start)
        try self.init(
            values: values,
            blinders: (0..<count).map { _ in randomness.scalar() },
            description: description,
            start: start
        )
    }

    /// The opening with these blinders; recommits.
    public init(
        values: [Int16],
        blinders: [Scalar],
        description: NetworkDescription,
        start: Int
    ) throws(ModelError) {
        let range = description.range(ofBlock: start)
        guard values.count == description.shape(ofBlock: start).count,
            values.allSatisfy({ range.contains(Int($0)) }),
            blinders.count == Self.rowCount(description, start: start)
        else { throw .wrongInputSize }
        let generators = RowGenerators.forWidth(ParameterLayout(description).rowWidth)
        let width = generators.columns.count
        let entries = Self.padded(values, description.shape(ofBlock: start), rowWidth: width)
        let commitments = blinders.enumerated().map { row, blinder in
            generators.commit(small: Array(entries[row * width..<(row + 1) * width]), bits: 8, blinder: blinder)
        }
        self.init(values: values, blinders: blinders, commitments: RistrettoPoint.compressBatch(commitments))
    }

    /// - Precondition: the commitments are those of the values; only tests of dishonest provers give others.
    package init(values: [Int16], blinders: [Scalar], commitments: [CompressedRistretto]) {
        self.values = values
        self.blinders = blinders
        self.commitments = commitments
    }

    /// Number of start rows of a block.
    public static func rowCount(_ description: NetworkDescription, start: Int) -> Int {
        let width = ParameterLayout(description).rowWidth
        return max(1, description.shape(ofBlock: start).paddedCount / width)
    }

    /// The block as whole rows: each dimension padded to a power of two, the last row filled up.
    static func padded(_ values: [Int16], _ shape: TensorShape, rowWidth: Int) -> [Int32] {
        var entries = [Int32](repeating: 0, count: max(rowWidth, shape.paddedCount))
        PaddedTensor.copy(values, sides: [1, shape.channels, shape.height, shape.width], at: 0, to: &entries)
        return entries
    }
}
