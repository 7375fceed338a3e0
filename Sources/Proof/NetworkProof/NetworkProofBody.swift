import Bulletproofs
import Multilinear
import Ristretto255

/// The elements of a network proof, not checked. Its lengths are a function of the shape.
package struct NetworkProofBody: Sendable {
    /// The committed start block.
    package var startRows: [CompressedRistretto]
    /// R, Z, P and multiplicity rows, in matrix order.
    package var witnessRows: [CompressedRistretto]
    /// Masked scalars, opening and commitments of the closing argument.
    package var messages: ArgumentMessages
    /// About the constraints that the messages make.
    package var closing: ClosingProof

    package init(
        startRows: [CompressedRistretto],
        witnessRows: [CompressedRistretto],
        messages: ArgumentMessages,
        closing: ClosingProof
    ) {
        self.startRows = startRows
        self.witnessRows = witnessRows
        self.messages = messages
        self.closing = closing
    }
}
