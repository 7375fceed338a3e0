import Commitments
import Encoding
import Sodium

/// A challenge with the verifier's Ed25519 signature over `"semblance challenge v1" || challenge`.
public struct SignedChallenge: Equatable, Sendable {
    public let challenge: Challenge
    /// The encoded challenge followed by 64 bytes of signature.
    public let bytes: [UInt8]

    static let signingContext: [UInt8] = Array("semblance challenge v1".utf8)
    static let signatureByteCount = 64

    /// SHA-256 of `"semblance challenge digest v1" || bytes`; what sensors sign and proofs absorb.
    public var digest: [UInt8] {
        Hash.sha256(Array("semblance challenge digest v1".utf8) + bytes)
    }

    public init(signing challenge: Challenge, with key: SigningKey) {
        let encoded = challenge.encode()
        self.challenge = challenge
        self.bytes = encoded + key.sign(Self.signingContext + encoded)
    }

    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        self.challenge = try Challenge(reading: &reader)
        _ = try reader.readRaw(Self.signatureByteCount)
        try reader.finish()
        self.bytes = Array(bytes)
    }

    /// Whether `key` signed this challenge and the challenge names that very key.
    public func isSigned(by key: VerifyingKey) -> Bool {
        guard challenge.verifierKey == key.bytes else { return false }
        let encoded = bytes.dropLast(Self.signatureByteCount)
        return key.isValid(
            signature: Array(bytes.suffix(Self.signatureByteCount)),
            for: Self.signingContext + encoded
        )
    }
}
