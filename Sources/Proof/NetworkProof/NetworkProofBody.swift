import Bulletproofs
import Multilinear
import Ristretto255

/// The elements of a network proof, not checked. Its lengths are a function of the shape.
package struct NetworkProofBody: Sendable {
    package var startRows: [CompressedRistretto]
    /// R, Z, P and multiplicity rows, in matrix order.
    package var witnessRows: [CompressedRistretto]
    package var closingCommitments: ClosingCommitments
    package var maskedScalars: [Scalar]
    package var opening: OpeningProof
    package var closing: ClosingProof

    package init(
        startRows: [CompressedRistretto],
        witnessRows: [CompressedRistretto],
        closingCommitments: ClosingCommitments,
        maskedScalars: [Scalar],
        opening: OpeningProof,
        closing: ClosingProof
    ) {
        self.startRows = startRows
        self.witnessRows = witnessRows
        self.closingCommitments = closingCommitments
        self.maskedScalars = maskedScalars
        self.opening = opening
        self.closing = closing
    }
}
