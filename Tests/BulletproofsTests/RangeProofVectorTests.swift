import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsRange

/// dalek's proofs, and what happens when anything about them is changed.
@Suite struct RangeProofVectorTests {
    private static let label: StaticString = "Deserialize-And-Verify Test"

    private static func verify(
        _ bytes: [UInt8],
        _ commitments: [CompressedRistretto],
        bits: Int,
        label: StaticString = label
    ) -> Outcome {
        outcome { () throws(BulletproofError) in
            let proof = try RangeProof(decoding: bytes)
            var transcript = Transcript(label: label)
            var randomness = SystemRandomNumberGenerator()
            try proof.verify(
                commitments: commitments,
                bits: bits,
                generators: Shared.ranges,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
        }
    }

    @Test func everyVectorVerifies() throws {
        let vectors = try RangeProofVectors.load()
        #expect(vectors.proofs.count == 16)
        for vector in vectors.proofs {
            let encoded = bytes(hex: vector.proof)
            #expect(encoded.count == RangeProof.byteCount(bits: vector.bits, parties: vector.parties))
            #expect(
                Self.verify(encoded, vectors.points(vector.parties), bits: vector.bits) == .accepted,
                "\(vector.bits) bits, \(vector.parties) parties"
            )
            #expect(try RangeProof(decoding: encoded).encode() == encoded)
        }
    }

    @Test func wrongStatementIsRejected() throws {
        let vectors = try RangeProofVectors.load()
        for vector in vectors.proofs {
            let encoded = bytes(hex: vector.proof)
            let points = vectors.points(vector.parties)
            let name: Comment = "\(vector.bits) bits, \(vector.parties) parties"
            #expect(
                Self.verify(encoded, points, bits: vector.bits, label: "other label")
                    == .rejected(.verificationError),
                name
            )
            var other = points
            other[vector.parties - 1] = Shared.pedersen.blindingBase.compress()
            #expect(Self.verify(encoded, other, bits: vector.bits) == .rejected(.verificationError), name)
            if vector.parties > 1 {
                var swapped = points
                swapped.swapAt(0, 1)
                #expect(Self.verify(encoded, swapped, bits: vector.bits) == .rejected(.verificationError), name)
                let half = Array(points.prefix(vector.parties / 2))
                #expect(Self.verify(encoded, half, bits: vector.bits) == .rejected(.verificationError), name)
            }
            let otherBits = vector.bits == 64 ? 32 : vector.bits * 2
            #expect(Self.verify(encoded, points, bits: otherBits) == .rejected(.verificationError), name)
        }
    }

    /// Every byte of three proofs and a sample of the others: a scalar that is no longer canonical is a format error,
    /// everything else a verification error.
    @Test func everyChangedByteIsRejected() throws {
        let vectors = try RangeProofVectors.load()
        for (index, vector) in vectors.proofs.enumerated() {
            let encoded = bytes(hex: vector.proof)
            let points = vectors.points(vector.parties)
            let all = vector.bits * vector.parties <= 16
            for position in positions(encoded.count, all: all, salt: index) {
                var changed = encoded
                changed[position] ^= UInt8(1 << (position % 8))
                let result = Self.verify(changed, points, bits: vector.bits)
                let element = position / 32
                let isScalar = (4..<7).contains(element) || element >= encoded.count / 32 - 2
                if isScalar {
                    #expect(result == .rejected(.formatError) || result == .rejected(.verificationError))
                } else {
                    #expect(result == .rejected(.verificationError), "byte \(position)")
                }
            }
        }
    }

    @Test func onlyTheExactLengthIsAccepted() throws {
        let vectors = try RangeProofVectors.load()
        let vector = vectors.proofs[0]
        let encoded = bytes(hex: vector.proof)
        let points = vectors.points(vector.parties)
        for count in 0...(encoded.count + 130) where count != encoded.count {
            let changed = Array((encoded + [UInt8](repeating: 0, count: 130)).prefix(count))
            let wholeRounds = count % 32 == 0 && count >= 9 * 32 && (count / 32 - 9) % 2 == 0
            let result = Self.verify(changed, points, bits: vector.bits)
            #expect(
                result == .rejected(.formatError) || (wholeRounds && result == .rejected(.verificationError)),
                "\(count) bytes: \(result)"
            )
        }
    }

    @Test func nonCanonicalScalarIsAFormatError() throws {
        let vectors = try RangeProofVectors.load()
        let encoded = bytes(hex: vectors.proofs[0].proof)
        // The group order: the scalar zero, written in another way.
        let order = bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        for element in [4, 5, 6, encoded.count / 32 - 2, encoded.count / 32 - 1] {
            var changed = encoded
            changed.replaceSubrange((32 * element)..<(32 * element + 32), with: order)
            #expect(Self.verify(changed, vectors.points(1), bits: 8) == .rejected(.formatError))
        }
    }

    @Test func identityAndUndecodablePointsAreRefused() throws {
        let vectors = try RangeProofVectors.load()
        let encoded = bytes(hex: vectors.proofs[0].proof)
        let points = [0, 1, 2, 3] + Array(7..<(encoded.count / 32 - 2))
        for element in points {
            for filler in [UInt8(0), 0xFF, 0x01] {
                var changed = encoded
                changed.replaceSubrange(
                    (32 * element)..<(32 * element + 32),
                    with: repeatElement(filler, count: 32)
                )
                #expect(Self.verify(changed, vectors.points(1), bits: 8) == .rejected(.verificationError))
            }
        }
    }
}
