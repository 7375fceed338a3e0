import Ristretto255
import Sodium
import Statement
import VerifierCore

/// A stand-in for a proof: it says of itself what verification will find. The bookkeeping under test cannot tell.
struct TestProof: OpenedProof {
    enum Flaw: Error {
        case notAProof
        case invalid
    }

    let challenge: SignedChallenge
    var isValid = true
    var sensorKey: [UInt8]?
    var newTemplate: CompressedRistretto?
    var salt: UInt8 = 0

    func check(verifierKey: VerifyingKey) throws -> CheckedProof {
        guard isValid else { throw Flaw.invalid }
        return CheckedProof(attestedBy: sensorKey, newTemplate: newTemplate)
    }

    func encode() -> [UInt8] {
        var bytes = Array("TEST".utf8)
        bytes += withUnsafeBytes(of: UInt16(challenge.bytes.count).littleEndian) { Array($0) }
        bytes += challenge.bytes
        bytes += [salt, isValid ? 1 : 0, sensorKey == nil ? 0 : 1, newTemplate == nil ? 0 : 1]
        bytes += sensorKey ?? [UInt8](repeating: 0, count: 32)
        bytes += newTemplate?.bytes ?? [UInt8](repeating: 0, count: 32)
        return bytes
    }

    init(
        answering challenge: [UInt8],
        isValid: Bool = true,
        sensorKey: [UInt8]? = nil,
        newTemplate: CompressedRistretto? = nil,
        salt: UInt8 = 0
    ) throws {
        self.challenge = try SignedChallenge(decoding: challenge)
        self.isValid = isValid
        self.sensorKey = sensorKey
        self.newTemplate = newTemplate
        self.salt = salt
    }

    init(decoding bytes: [UInt8]) throws {
        guard bytes.count >= 6, bytes.starts(with: "TEST".utf8) else { throw Flaw.notAProof }
        let count = Int(bytes[4]) | Int(bytes[5]) << 8
        guard bytes.count == 6 + count + 4 + 64 else { throw Flaw.notAProof }
        let tail = Array(bytes[(6 + count)...])
        self.challenge = try SignedChallenge(decoding: bytes[6..<6 + count])
        self.salt = tail[0]
        self.isValid = tail[1] == 1
        self.sensorKey = tail[2] == 1 ? Array(tail[4..<36]) : nil
        self.newTemplate = tail[3] == 1 ? CompressedRistretto(tail[36..<68]) : nil
    }
}
