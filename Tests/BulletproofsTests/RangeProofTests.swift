import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsRange

@Suite struct RangeProofTests {
    private static func prove(
        _ values: [UInt64],
        bits: Int,
        seed: UInt64 = 1,
        label: StaticString = "t",
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (RangeProof, [CompressedRistretto]) {
        var seeded = SeededGenerator(seed)
        let blindings = values.map { _ in Scalar.random(using: &seeded) }
        var transcript = Transcript(label: label)
        return try RangeProof.prove(
            values: values,
            blindings: blindings,
            bits: bits,
            generators: Shared.ranges,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
    }

    private static func equation(
        _ proof: RangeProof,
        _ commitments: [CompressedRistretto],
        bits: Int,
        label: StaticString = "t"
    ) throws(BulletproofError) -> VerificationEquation {
        var transcript = Transcript(label: label)
        var randomness = SystemRandomNumberGenerator()
        return try proof.verificationEquation(
            commitments: commitments,
            bits: bits,
            transcript: &transcript,
            randomness: &randomness
        )
    }

    private static func verify(_ proof: RangeProof, _ commitments: [CompressedRistretto], bits: Int) -> Outcome {
        outcome { () throws(BulletproofError) in
            try equation(proof, commitments, bits: bits)
                .verify(generators: Shared.ranges, pedersen: Shared.pedersen)
        }
    }

    @Test(arguments: [8, 16, 32, 64], [1, 2, 4, 8, 16]) func provesAndVerifies(bits: Int, parties: Int) throws {
        var randomness = SystemRandomNumberGenerator()
        let top = UInt64.max >> UInt64(64 - bits)
        let values = (0..<parties).map { $0 == 0 ? top : $0 == 1 ? 0 : UInt64.random(in: 0...top) }
        let (proof, commitments) = try Self.prove(values, bits: bits, randomness: &randomness)
        #expect(Self.verify(proof, commitments, bits: bits) == .accepted)
        let encoded = proof.encode()
        #expect(encoded.count == RangeProof.byteCount(bits: bits, parties: parties))
        #expect(try RangeProof(decoding: encoded) == proof)
    }

    @Test func singleFormIsTheAggregateOfOne() throws {
        var randomness = SystemRandomNumberGenerator()
        let blinding = Scalar.random(using: &randomness)
        var transcript = Transcript(label: "t")
        let (proof, commitment) = try RangeProof.prove(
            value: 200,
            blinding: blinding,
            bits: 8,
            generators: Shared.ranges,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        #expect(commitment == Shared.pedersen.commit(Scalar(200), blinding: blinding).compress())
        var verifier = Transcript(label: "t")
        try proof.verify(
            commitments: [commitment],
            bits: 8,
            generators: Shared.ranges,
            pedersen: Shared.pedersen,
            transcript: &verifier,
            randomness: &randomness
        )
        // Both sides leave the transcript in one state, so that an argument can go on.
        #expect(transcript.challengeBytes("next", count: 32) == verifier.challengeBytes("next", count: 32))
    }

    @Test func commitmentToZeroWithoutBlindingIsAllowed() throws {
        var randomness = SystemRandomNumberGenerator()
        var transcript = Transcript(label: "t")
        let (proof, commitment) = try RangeProof.prove(
            value: 0,
            blinding: .zero,
            bits: 8,
            generators: Shared.ranges,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        #expect(commitment == .identity)
        #expect(Self.verify(proof, [commitment], bits: 8) == .accepted)
    }

    @Test func impossibleStatementsAreNamed() throws {
        var randomness = SystemRandomNumberGenerator()
        func error(_ values: [UInt64], bits: Int) -> Outcome {
            outcome { () throws(BulletproofError) in _ = try Self.prove(values, bits: bits, randomness: &randomness) }
        }
        for (bits, value) in [(8, 256), (16, 1 << 16), (32, 1 << 32)] as [(Int, UInt64)] {
            #expect(error([value], bits: bits) == .rejected(.valueOutOfRange))
            #expect(error([0, value], bits: bits) == .rejected(.valueOutOfRange))
            #expect(error([.max], bits: bits) == .rejected(.valueOutOfRange))
        }
        for bits in [-8, 0, 1, 7, 9, 63, 65, 128] {
            #expect(error([0], bits: bits) == .rejected(.invalidBitsize))
        }
        for parties in [0, 3, 5, 6, 7] {
            let values = Array(repeating: UInt64(1), count: parties)
            #expect(error(values, bits: 8) == .rejected(.invalidAggregation))
        }
        #expect(error(Array(repeating: 1, count: 32), bits: 8) == .rejected(.insufficientGenerators))
        var transcript = Transcript(label: "t")
        #expect(throws: BulletproofError.lengthMismatch) {
            try RangeProof.prove(
                values: [1, 2],
                blindings: [.one],
                bits: 8,
                generators: Shared.ranges,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
        }
        let (proof, commitments) = try Self.prove([7], bits: 8, randomness: &randomness)
        for (commitments, bits, expected) in [
            ([], 8, .invalidAggregation), (commitments + commitments + commitments, 8, .invalidAggregation),
            (commitments, 9, .invalidBitsize), (commitments, 0, .invalidBitsize),
            (commitments, 128, .insufficientGenerators),
        ] as [([CompressedRistretto], Int, BulletproofError)] {
            var transcript = Transcript(label: "t")
            #expect(throws: expected) {
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
    }

    /// The commitment to a value outside the range is the one to a value inside plus 2^n B: it must not pass.
    @Test func valueShiftedOutOfTheRangeIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let (proof, commitments) = try Self.prove([5], bits: 8, randomness: &randomness)
        let point = try #require(commitments[0].decompress())
        for shift in [Scalar(256), -Scalar(256), Scalar(1)] {
            let shifted = (point + shift * Shared.pedersen.base).compress()
            #expect(Self.verify(proof, [shifted], bits: 8) == .rejected(.verificationError))
        }
    }

    /// With the external generator stuck, other values, blindings or transcripts still give other blinding factors; only
    /// the same statement and witness give the same proof.
    @Test func randomnessIsHedged() throws {
        var stuck = StuckGenerator()
        let base = try Self.prove([7], bits: 8, randomness: &stuck).0
        #expect(try Self.prove([7], bits: 8, randomness: &stuck).0 == base)
        let others = [
            try Self.prove([8], bits: 8, randomness: &stuck).0,
            try Self.prove([7], bits: 8, seed: 2, randomness: &stuck).0,
            try Self.prove([7], bits: 8, label: "u", randomness: &stuck).0,
        ]
        func elements(_ proof: RangeProof) -> Set<[UInt8]> {
            let encoded = proof.encode()
            return Set(stride(from: 0, to: encoded.count, by: 32).map { Array(encoded[$0..<($0 + 32)]) })
        }
        for other in others {
            #expect(elements(other).isDisjoint(with: elements(base)))
        }
        var system = SystemRandomNumberGenerator()
        let one = try Self.prove([7], bits: 8, randomness: &system).0
        let two = try Self.prove([7], bits: 8, randomness: &system).0
        #expect(elements(one).isDisjoint(with: elements(two)))
    }

    @Test func batchOfDifferentShapesVerifies() throws {
        var randomness = SystemRandomNumberGenerator()
        var equations: [VerificationEquation] = []
        for (values, bits) in [([1], 8), ([2, 3], 16), ([4], 64), ([5, 6, 7, 8], 8)] as [([UInt64], Int)] {
            let (proof, commitments) = try Self.prove(values, bits: bits, randomness: &randomness)
            equations.append(try Self.equation(proof, commitments, bits: bits))
        }
        func verify(_ equations: [VerificationEquation]) -> Outcome {
            var randomness = SystemRandomNumberGenerator()
            return outcome { () throws(BulletproofError) in
                try VerificationEquation.verify(
                    batch: equations,
                    generators: Shared.ranges,
                    pedersen: Shared.pedersen,
                    using: &randomness
                )
            }
        }
        #expect(verify(equations) == .accepted)
        #expect(verify([]) == .accepted)
        for index in equations.indices {
            var changed = equations
            changed[index].base += .one
            #expect(verify(changed) == .rejected(.verificationError))
        }
        // Two errors that cancel in a plain sum do not cancel under random weights.
        var cancelling = equations
        cancelling[0].base += .one
        cancelling[1].base -= .one
        #expect(verify(cancelling) == .rejected(.verificationError))
        var sum = VerificationEquation()
        for equation in cancelling { sum.add(equation, weight: .one) }
        #expect(verify([sum]) == .accepted)
    }

    @Test func equationNamesMissingGenerators() throws {
        var randomness = SystemRandomNumberGenerator()
        let (proof, commitments) = try Self.prove([1, 2], bits: 16, randomness: &randomness)
        let equation = try Self.equation(proof, commitments, bits: 16)
        for generators in [BulletproofGenerators(capacity: 8, parties: 2), BulletproofGenerators(capacity: 16)] {
            #expect(throws: BulletproofError.insufficientGenerators) {
                try equation.verify(generators: generators, pedersen: Shared.pedersen)
            }
        }
    }

    /// Arbitrary bytes never stop the decoder or the verifier.
    @Test func arbitraryBytesAreRejected() throws {
        var randomness = SeededGenerator(9)
        let commitments = [Shared.pedersen.base.compress()]
        for count in Array(0..<40) + [288, 320, 352, 416, 480, 544] {
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &randomness) }
            #expect(throws: BulletproofError.self) { try RangeProof(decoding: bytes) }
            // Make every element a canonical scalar, and so possibly a point.
            for top in stride(from: 31, to: count, by: 32) { bytes[top] &= 0x0F }
            guard let proof = try? RangeProof(decoding: bytes) else { continue }
            #expect(Self.verify(proof, commitments, bits: 8) == .rejected(.verificationError))
        }
    }

    @Test func deltaMatchesTheSum() {
        var randomness = SeededGenerator(3)
        let y = Scalar.random(using: &randomness)
        let z = Scalar.random(using: &randomness)
        for (bits, parties) in [(8, 1), (64, 1), (16, 4)] {
            var expected = Scalar.zero
            for power in y.powers(bits * parties) { expected += (z - z * z) * power }
            for power in z.powers(parties) {
                for two in Scalar.two.powers(bits) { expected -= z * z * z * power * two }
            }
            #expect(RangeProof.delta(bits: bits, parties: parties, y: y, z: z) == expected)
        }
    }

    @Test func zeroChallengeIsNamed() {
        #expect(outcome { () throws(BulletproofError) in _ = try requireNonzero(.zero) } == .rejected(.zeroChallenge))
        #expect(outcome { () throws(BulletproofError) in _ = try requireNonzero(.one) } == .accepted)
    }
}
