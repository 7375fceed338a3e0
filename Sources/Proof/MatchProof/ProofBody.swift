import Bulletproofs
import Commitments
import Encoding
import Multilinear
import Ristretto255
import Statement

/// The elements of a `match` proof, decoded but not checked. Its length is a function of the shape.
struct ProofBody: Sendable {
    /// The extra clause of a re-blinding: `z H = A + c (C_t' - C_t)`.
    struct Reblinding: Sendable {
        var commitment: CompressedRistretto
        var response: Scalar
    }

    var embeddingRows: [CompressedRistretto]
    var multiplicityRows: [CompressedRistretto]
    /// C_t' of a re-blinding.
    var newTemplate: CompressedRistretto?
    var closingCommitments: ClosingCommitments
    var maskedScalars: [Scalar]
    var opening: OpeningProof
    var reblinding: Reblinding?
    var closing: ClosingProof

    func write(to writer: inout WireWriter) {
        for point in embeddingRows + multiplicityRows + (newTemplate.map { [$0] } ?? []) {
            writer.append(point: point)
        }
        writer.append(raw: closingCommitments.encode())
        for scalar in maskedScalars {
            writer.append(scalar: scalar)
        }
        opening.write(to: &writer)
        if let reblinding {
            writer.append(point: reblinding.commitment)
            writer.append(scalar: reblinding.response)
        }
        writer.append(raw: closing.encode())
    }

    init(
        embeddingRows: [CompressedRistretto],
        multiplicityRows: [CompressedRistretto],
        newTemplate: CompressedRistretto?,
        closingCommitments: ClosingCommitments,
        maskedScalars: [Scalar],
        opening: OpeningProof,
        reblinding: Reblinding?,
        closing: ClosingProof
    ) {
        self.embeddingRows = embeddingRows
        self.multiplicityRows = multiplicityRows
        self.newTemplate = newTemplate
        self.closingCommitments = closingCommitments
        self.maskedScalars = maskedScalars
        self.opening = opening
        self.reblinding = reblinding
        self.closing = closing
    }

    /// Reads exactly the elements of the shape; a row or a clause that is the identity is refused.
    init(reading reader: inout WireReader, shape: MatchShape, role: Role) throws(WireError) {
        func points(_ count: Int, _ field: WireError.Field) throws(WireError) -> [CompressedRistretto] {
            var points: [CompressedRistretto] = []
            for _ in 0..<count {
                let point = try reader.readPoint(field)
                guard point != .identity else { throw .identityPoint(field: field) }
                points.append(point)
            }
            return points
        }
        func scalars(_ count: Int, _ field: WireError.Field) throws(WireError) -> [Scalar] {
            var scalars: [Scalar] = []
            for _ in 0..<count { scalars.append(try reader.readScalar(field)) }
            return scalars
        }
        embeddingRows = try points(shape.samples, .embeddingRow)
        multiplicityRows = try points(shape.multiplicityRowCount, .multiplicityRow)
        newTemplate = role == .reblind ? try points(1, .newTemplate)[0] : nil
        guard let commitments = try? ClosingCommitments(decoding: try reader.readRaw(ClosingCommitments.byteCount))
        else { throw .invalidPoint(field: .closingCommitment) }
        closingCommitments = commitments
        maskedScalars = try scalars(shape.maskedScalarCount, .maskedScalar)
        opening = try OpeningProof(reading: &reader, layout: shape.opening)
        if role == .reblind {
            let commitment = try points(1, .reblindCommitment)[0]
            reblinding = Reblinding(
                commitment: commitment,
                response: try reader.readScalar(.reblindResponse)
            )
        }
        let closingBytes = try reader.readRaw(ClosingProof.byteCount(gateCount: shape.gateCount))
        guard let closing = try? ClosingProof(decoding: closingBytes, gateCount: shape.gateCount) else {
            throw .nonCanonicalScalar(field: .closingProof)
        }
        self.closing = closing
    }
}
