import Ristretto255

/// A column's leaves, by what each looks up.
///
/// Memory is read at indices that are secret (`docs/limitations.md`).
final class FractionLeaves {
    /// Half of the leaves: the children 0 of the level above, or its children 1.
    let half: Int
    /// How many children 1 have an index; all that follow are the tail. A multiple of a run of weights, or all.
    let explicitUpper: Int
    let table: [Scalar]
    let tail: Scalar
    /// The explicit leaves' indices.
    private let indices: [Int32]
    /// A run of tails.
    private let tailRun: [Int32]
    /// `table + tail` and `table * tail`: a parent whose second child is the tail takes no product. Empty where none is.
    private let tailSums: [Scalar]
    private let tailProducts: [Scalar]

    private static let run = EqualityWeights.longestRun

    /// - Parameter indices: at most 2^height. Where the children 1 have none, or end amid a run, tails are added.
    init(height: Int, indices: [Int32], tailIndex: Int32, table: [Scalar]) {
        half = 1 << (height - 1)
        let used = max(indices.count, half + 1)
        let explicit = min(2 * half, (used + Self.run - 1) / Self.run * Self.run)
        explicitUpper = explicit - half
        let added = explicit - indices.count
        self.indices = added == 0 ? indices : indices + Array(repeating: tailIndex, count: added)
        // From here on indices are not checked one by one.
        let largest = self.indices.reduce(UInt32(bitPattern: tailIndex)) { max($0, UInt32(bitPattern: $1)) }
        precondition(largest < table.count, "a column looks up what its table does not have")
        self.table = table
        let tail = table[Int(tailIndex)]
        self.tail = tail
        tailRun = Array(repeating: tailIndex, count: Self.run)
        tailSums = explicitUpper == half ? [] : table.map { $0 + tail }
        tailProducts = explicitUpper == half ? [] : table.map { $0 * tail }
    }

    func denominator(_ index: Int) -> Scalar { index < indices.count ? table[Int(indices[index])] : tail }

    /// Makes nodes of leaves, without checks.
    struct Reader {
        fileprivate let indices: UnsafePointer<Int32>
        fileprivate let tailRun: UnsafePointer<Int32>
        fileprivate let table: UnsafePointer<Scalar>
        fileprivate let tailSums: UnsafePointer<Scalar>
        fileprivate let tailProducts: UnsafePointer<Scalar>
        let half: Int
        let explicitUpper: Int

        /// Node x of the leaves' parents: one product, or none where child 1 is the tail.
        @inline(__always)
        func parent(_ x: Int) -> (numerator: Scalar, denominator: Scalar) {
            let first = Int(indices[x])
            guard x < explicitUpper else { return (tailSums[first], tailProducts[first]) }
            let (q0, q1) = (table[first], table[Int(indices[x &+ half])])
            return (q0 + q1, q0 * q1)
        }

        /// Node x of the level above the parents.
        @inline(__always)
        func grandparent(_ x: Int) -> (numerator: Scalar, denominator: Scalar) {
            let (p0, q0) = parent(x)
            let (p1, q1) = parent(x &+ half &>> 1)
            return (Scalar.sumOfProducts(p0, q1, p1, q0), q0 * q1)
        }

        /// The indices of a run of children 0, or 1.
        func run(child: Int, _ start: Int) -> UnsafePointer<Int32> {
            child == 0 || start < explicitUpper ? indices + child * half + start : tailRun
        }
    }

    func withReader<Result>(_ body: (Reader) -> Result) -> Result {
        indices.withUnsafeBufferPointer { indices in
            tailRun.withUnsafeBufferPointer { tailRun in
                table.withUnsafeBufferPointer { table in
                    tailSums.withUnsafeBufferPointer { sums in
                        tailProducts.withUnsafeBufferPointer { products in
                            guard let indices = indices.baseAddress, let tailRun = tailRun.baseAddress,
                                let table = table.baseAddress
                            else { preconditionFailure("a column without leaves") }
                            let reader = Reader(
                                indices: indices,
                                tailRun: tailRun,
                                table: table,
                                tailSums: sums.baseAddress ?? table,
                                tailProducts: products.baseAddress ?? table,
                                half: half,
                                explicitUpper: explicitUpper
                            )
                            return body(reader)
                        }
                    }
                }
            }
        }
    }
}
