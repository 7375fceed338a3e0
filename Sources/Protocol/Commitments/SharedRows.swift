import Ristretto255

/// Rows that many statements share, such as a model's parameters: prepared once, and in a batch of proofs about them one term a
/// row, not one a row and proof.
///
/// Two are the same only if they are one object. A name would have to be trusted: who could give other rows the same one could
/// have a false proof accepted.
package final class SharedRows: Sendable, Hashable {
    /// The rows in the order of the statement's matrix.
    package let points: PrecomputedPoints

    package init(_ rows: [RistrettoPoint]) {
        points = PrecomputedPoints(rows)
    }

    package static func == (left: SharedRows, right: SharedRows) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
