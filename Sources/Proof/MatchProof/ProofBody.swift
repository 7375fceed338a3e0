import Bulletproofs
import Commitments
import Encoding
import Multilinear
import NetworkProof
import Ristretto255
import Statement

/// The elements of a `match` proof, decoded but not checked. Its length is a function of the shape.
struct ProofBody: Sendable {
    var embeddingRows: [CompressedRistretto]
    var multiplicityRows: [CompressedRistretto]
    /// C_t' of a re-blinding.
    var newTemplate: CompressedRistretto?
    var messages: ArgumentMessages
    /// Of a re-blinding.
    var reblinding: ReblindingClause?
    var closing: ClosingProof

    init(
        embeddingRows: [CompressedRistretto],
        multiplicityRows: [CompressedRistretto],
        newTemplate: CompressedRistretto?,
        messages: ArgumentMessages,
        reblinding: ReblindingClause?,
        closing: ClosingProof
    ) {
        self.embeddingRows = embeddingRows
        self.multiplicityRows = multiplicityRows
        self.newTemplate = newTemplate
        self.messages = messages
        self.reblinding = reblinding
        self.closing = closing
    }

    func write(to writer: inout WireWriter) {
        for point in embeddingRows + multiplicityRows + (newTemplate.map { [$0] } ?? []) {
            writer.append(point: point)
        }
        messages.write(to: &writer)
        if let reblinding {
            writer.append(point: reblinding.commitment)
            writer.append(scalar: reblinding.response)
        }
        writer.append(raw: closing.encode())
    }

    /// Reads exactly the elements of the shape; a row or a clause that is the identity is refused.
    init(reading reader: inout WireReader, shape: MatchShape, role: Role) throws(WireError) {
        embeddingRows = try reader.readRows(shape.samples, .embeddingRow)
        multiplicityRows = try reader.readRows(shape.multiplicityRowCount, .multiplicityRow)
        newTemplate = role == .reblind ? try reader.readRows(1, .newTemplate)[0] : nil
        messages = try ArgumentMessages(
            reading: &reader,
            maskedScalarCount: shape.maskedScalarCount,
            opening: shape.opening
        )
        if role == .reblind {
            let commitment = try reader.readRows(1, .reblindCommitment)[0]
            reblinding = ReblindingClause(
                commitment: commitment,
                response: try reader.readScalar(.reblindResponse)
            )
        }
        closing = try ClosingProof(reading: &reader, gateCount: shape.gateCount)
    }
}

/// The encoding of a network proof, `docs/protocol.md` section 7.6.
extension NetworkProofBody {
    func encode() -> [UInt8] {
        var writer = WireWriter()
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout WireWriter) {
        for point in startRows + witnessRows {
            writer.append(point: point)
        }
        messages.write(to: &writer)
        writer.append(raw: closing.encode())
    }

    /// Reads exactly the elements of the shape; a row that is the identity is refused.
    init(reading reader: inout WireReader, shape: NetworkShape) throws(WireError) {
        self.init(
            startRows: try reader.readRows(shape.startRows.count, .startRow),
            witnessRows: try reader.readRows(shape.sentRowCount - shape.startRows.count, .witnessRow),
            messages: try ArgumentMessages(
                reading: &reader,
                maskedScalarCount: shape.maskedScalarCount,
                opening: shape.opening
            ),
            closing: try ClosingProof(reading: &reader, gateCount: shape.gateCount)
        )
    }
}
