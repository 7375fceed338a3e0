import Foundation
import MatchProof

/// Proofs in files: the envelope of docs/protocol.md section 2.3, as it is.
enum ProofFile {
    static func save(_ proof: [UInt8], to path: String?) throws {
        guard let path else { return }
        do {
            try Data(proof).write(to: URL(filePath: path))
        } catch {
            throw CommandFailure(.failure, "cannot write \(path)", hint: "is the directory there and writable?")
        }
    }

    static func load(_ path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.badInput, "cannot read \(path)")
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: ProofEnvelope.maximumByteCount + 1),
            data.count <= ProofEnvelope.maximumByteCount
        else { throw CommandFailure(.badInput, "\(path) is empty or too long to be a proof") }
        return Array(data)
    }
}
