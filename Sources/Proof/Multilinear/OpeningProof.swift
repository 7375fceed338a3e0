import Ristretto255

/// The clear part of the batch opening (`docs/protocol.md` section 5.5).
package struct OpeningProof: Sendable {
    /// D, a commitment to the mask vector d.
    package var maskCommitment: CompressedRistretto
    /// s = k <u, R> + p.
    package var maskedValue: Scalar
    /// omega = k r + delta.
    package var maskedBlinder: Scalar
    /// (L, R) of each folding round.
    package var folds: [(left: CompressedRistretto, right: CompressedRistretto)]
    /// What remains of w = k u + d.
    package var vector: [Scalar]

    package init(
        maskCommitment: CompressedRistretto,
        maskedValue: Scalar,
        maskedBlinder: Scalar,
        folds: [(left: CompressedRistretto, right: CompressedRistretto)],
        vector: [Scalar]
    ) {
        self.maskCommitment = maskCommitment
        self.maskedValue = maskedValue
        self.maskedBlinder = maskedBlinder
        self.folds = folds
        self.vector = vector
    }
}
