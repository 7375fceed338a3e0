import Commitments
import Encoding
import Multilinear
import Ristretto255

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
