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
