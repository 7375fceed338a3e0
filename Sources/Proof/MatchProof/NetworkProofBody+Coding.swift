import Bulletproofs
import Commitments
import Encoding
import Multilinear
import NetworkProof
import Ristretto255

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
        writer.append(raw: closingCommitments.encode())
        for scalar in maskedScalars {
            writer.append(scalar: scalar)
        }
        opening.write(to: &writer)
        writer.append(raw: closing.encode())
    }

    /// Reads exactly the elements of the shape; a row that is the identity is refused.
    init(reading reader: inout WireReader, shape: NetworkShape) throws(WireError) {
        func rows(_ count: Int, _ field: WireError.Field) throws(WireError) -> [CompressedRistretto] {
            var points: [CompressedRistretto] = []
            for _ in 0..<count {
                let point = try reader.readPoint(field)
                guard point != .identity else { throw .identityPoint(field: field) }
                points.append(point)
            }
            return points
        }
        let startRows = try rows(shape.startRows.count, .startRow)
        let witnessRows = try rows(shape.sentRowCount - shape.startRows.count, .witnessRow)
        guard let commitments = try? ClosingCommitments(decoding: try reader.readRaw(ClosingCommitments.byteCount))
        else { throw .invalidPoint(field: .closingCommitment) }
        var maskedScalars: [Scalar] = []
        for _ in 0..<shape.maskedScalarCount { maskedScalars.append(try reader.readScalar(.maskedScalar)) }
        let opening = try OpeningProof(reading: &reader, layout: shape.opening)
        let closingBytes = try reader.readRaw(ClosingProof.byteCount(gateCount: shape.gateCount))
        guard let closing = try? ClosingProof(decoding: closingBytes, gateCount: shape.gateCount) else {
            throw .nonCanonicalScalar(field: .closingProof)
        }
        self.init(
            startRows: startRows,
            witnessRows: witnessRows,
            closingCommitments: commitments,
            maskedScalars: maskedScalars,
            opening: opening,
            closing: closing
        )
    }
}
