import Bulletproofs
import Commitments
import Encoding
import Multilinear
import Ristretto255

/// Wire commitments | masked scalars | opening: what both kinds of proofs send between rows and closing argument.
extension ArgumentMessages {
    func write(to writer: inout WireWriter) {
        writer.append(raw: closingCommitments.encode())
        for scalar in maskedScalars { writer.append(scalar: scalar) }
        opening.write(to: &writer)
    }

    /// Reads exactly the elements of the layout.
    init(reading reader: inout WireReader, maskedScalarCount: Int, opening layout: OpeningLayout) throws(WireError) {
        guard let commitments = try? ClosingCommitments(decoding: try reader.readRaw(ClosingCommitments.byteCount))
        else { throw .invalidPoint(field: .closingCommitment) }
        var maskedScalars: [Scalar] = []
        for _ in 0..<maskedScalarCount { maskedScalars.append(try reader.readScalar(.maskedScalar)) }
        self.init(
            closingCommitments: commitments,
            maskedScalars: maskedScalars,
            opening: try OpeningProof(reading: &reader, layout: layout)
        )
    }
}

/// D | s | omega | (L, R) x folds | remaining vector.
extension OpeningProof {
    func write(to writer: inout WireWriter) {
        writer.append(point: maskCommitment)
        writer.append(scalar: maskedValue)
        writer.append(scalar: maskedBlinder)
        for fold in folds {
            writer.append(point: fold.left)
            writer.append(point: fold.right)
        }
        for scalar in vector {
            writer.append(scalar: scalar)
        }
    }

    init(reading reader: inout WireReader, layout: OpeningLayout) throws(WireError) {
        let maskCommitment = try reader.readPoint(.openingCommitment)
        let maskedValue = try reader.readScalar(.openingScalar)
        let maskedBlinder = try reader.readScalar(.openingScalar)
        var folds: [(left: CompressedRistretto, right: CompressedRistretto)] = []
        for _ in 0..<layout.foldCount {
            folds.append((try reader.readPoint(.foldingPoint), try reader.readPoint(.foldingPoint)))
        }
        var vector: [Scalar] = []
        for _ in 0..<layout.foldedCount { vector.append(try reader.readScalar(.foldedVector)) }
        self.init(
            maskCommitment: maskCommitment,
            maskedValue: maskedValue,
            maskedBlinder: maskedBlinder,
            folds: folds,
            vector: vector
        )
    }
}

extension ClosingProof {
    init(reading reader: inout WireReader, gateCount: Int) throws(WireError) {
        let bytes = try reader.readRaw(ClosingProof.byteCount(gateCount: gateCount))
        guard let proof = try? ClosingProof(decoding: bytes, gateCount: gateCount) else {
            throw .nonCanonicalScalar(field: .closingProof)
        }
        self = proof
    }
}

extension WireReader {
    /// Points none of which is the identity.
    mutating func readRows(_ count: Int, _ field: WireError.Field) throws(WireError) -> [CompressedRistretto] {
        var points: [CompressedRistretto] = []
        for _ in 0..<count {
            let point = try readPoint(field)
            guard point != .identity else { throw .identityPoint(field: field) }
            points.append(point)
        }
        return points
    }
}
