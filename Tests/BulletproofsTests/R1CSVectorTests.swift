import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsR1CS

/// dalek's constraint-system proofs, and what happens when anything about them is changed.
@Suite struct R1CSVectorTests {
    private struct Shuffle {
        let k: Int
        let inputs: [CompressedRistretto]
        let outputs: [CompressedRistretto]
        let proof: [UInt8]
        let generators: BulletproofGenerators

        init(_ vector: R1CSVectors.Shuffle) {
            k = vector.k
            inputs = vector.inputs.compactMap { CompressedRistretto(bytes(hex: $0)) }
            outputs = vector.outputs.compactMap { CompressedRistretto(bytes(hex: $0)) }
            proof = bytes(hex: vector.proof)
            generators = BulletproofGenerators(capacity: nextPowerOfTwo(2 * vector.k))
        }

        func verify(
            _ proof: [UInt8]? = nil,
            inputs: [CompressedRistretto]? = nil,
            outputs: [CompressedRistretto]? = nil,
            label: StaticString = Gadgets.shuffleLabel
        ) -> Outcome {
            outcome { () throws(BulletproofError) in
                try Gadgets.verifyShuffle(
                    inputs: inputs ?? self.inputs,
                    outputs: outputs ?? self.outputs,
                    proof: proof ?? self.proof,
                    generators: generators,
                    label: label
                )
            }
        }
    }

    private static func verifyRange(
        _ vector: R1CSVectors.Range,
        proof: [UInt8]? = nil,
        commitment: CompressedRistretto? = nil,
        bits: Int? = nil,
        label: StaticString = Gadgets.rangeLabel
    ) throws -> Outcome {
        let point = try #require(commitment ?? CompressedRistretto(bytes(hex: vector.commitment)))
        return outcome { () throws(BulletproofError) in
            try Gadgets.verifyRange(
                commitment: point,
                bits: bits ?? vector.bits,
                proof: proof ?? bytes(hex: vector.proof),
                label: label
            )
        }
    }

    @Test func shufflesVerify() throws {
        let vectors = try R1CSVectors.load().shuffle
        #expect(vectors.map(\.k) == [2, 3, 8, 32])
        for vector in vectors.map(Shuffle.init) {
            #expect(vector.verify() == .accepted, "k = \(vector.k)")
            #expect(vector.proof.first == 1)
            #expect(
                vector.proof.count
                    == R1CSProof.byteCount(gateCount: 2 * vector.k - 2, hasSecondPhaseGates: true)
            )
            #expect(try R1CSProof(decoding: vector.proof).encode() == vector.proof)
        }
    }

    @Test func rangesVerify() throws {
        let vectors = try R1CSVectors.load().range
        #expect(vectors.map(\.bits) == [2, 10, 32])
        for vector in vectors {
            #expect(try Self.verifyRange(vector) == .accepted, "\(vector.bits) bits")
            let encoded = bytes(hex: vector.proof)
            #expect(encoded.first == 0)
            #expect(encoded.count == R1CSProof.byteCount(gateCount: vector.bits, hasSecondPhaseGates: false))
            #expect(try R1CSProof(decoding: encoded).encode() == encoded)
        }
    }

    @Test func wrongStatementIsRejected() throws {
        let vectors = try R1CSVectors.load()
        let other = Shared.pedersen.blindingBase.compress()
        for shuffle in vectors.shuffle.map(Shuffle.init) {
            #expect(shuffle.verify(label: "other") == .rejected(.verificationError))
            #expect(
                shuffle.verify(inputs: [other] + shuffle.inputs.dropFirst()) == .rejected(.verificationError)
            )
            #expect(
                shuffle.verify(outputs: shuffle.outputs.dropLast() + [other]) == .rejected(.verificationError)
            )
            #expect(
                shuffle.verify(inputs: shuffle.outputs, outputs: shuffle.inputs) == .rejected(.verificationError)
            )
            var swapped = shuffle.outputs
            swapped.swapAt(0, 1)
            #expect(shuffle.verify(outputs: swapped) == .rejected(.verificationError))
        }
        for range in vectors.range {
            #expect(try Self.verifyRange(range, label: "other") == .rejected(.verificationError))
            #expect(try Self.verifyRange(range, commitment: other) == .rejected(.verificationError))
            #expect(try Self.verifyRange(range, bits: range.bits - 1) == .rejected(.verificationError))
            #expect(try Self.verifyRange(range, bits: range.bits + 1) == .rejected(.verificationError))
        }
    }

    /// Every byte of a one-phase and of a two-phase proof, and a sample of the others.
    @Test func everyChangedByteIsRejected() throws {
        func check(_ encoded: [UInt8], all: Bool, salt: Int, _ verify: ([UInt8]) throws -> Outcome) rethrows {
            for position in positions(encoded.count, all: all, salt: salt) {
                var changed = encoded
                changed[position] ^= UInt8(1 << (position % 8))
                let result = try verify(changed)
                let element = (position - 1) / 32
                let first = encoded[0] == 0 ? 8 : 11
                let isScalar = (first..<(first + 3)).contains(element) || element >= encoded.count / 32 - 2
                if position == 0 {
                    // The number of elements no longer fits the version.
                    #expect(result == .rejected(.formatError) || result == .rejected(.verificationError))
                } else if isScalar {
                    #expect(result == .rejected(.formatError) || result == .rejected(.verificationError))
                } else {
                    #expect(result == .rejected(.verificationError), "byte \(position)")
                }
            }
        }
        let vectors = try R1CSVectors.load()
        for (index, shuffle) in vectors.shuffle.map(Shuffle.init).enumerated() {
            check(shuffle.proof, all: shuffle.k == 2, salt: index) { shuffle.verify($0) }
        }
        for (index, range) in vectors.range.enumerated() {
            try check(bytes(hex: range.proof), all: range.bits == 2, salt: index) {
                try Self.verifyRange(range, proof: $0)
            }
        }
    }

    @Test func versionByteIsNotMalleable() throws {
        let vectors = try R1CSVectors.load()
        let range = vectors.range[0]
        let encoded = bytes(hex: range.proof)
        for version in UInt8(2)...255 {
            #expect(try Self.verifyRange(range, proof: [version] + encoded.dropFirst()) == .rejected(.formatError))
        }
        func asTwoPhases(_ points: [CompressedRistretto]) -> [UInt8] {
            [1] + encoded[1..<97] + points.flatMap(\.bytes) + encoded[97...]
        }
        // Identities would be a second encoding of the same proof; other points have nothing to commit to.
        let identities = Array(repeating: CompressedRistretto.identity, count: 3)
        #expect(try Self.verifyRange(range, proof: asTwoPhases(identities)) == .rejected(.formatError))
        var points = identities
        points[0] = Shared.pedersen.base.compress()
        #expect(try Self.verifyRange(range, proof: asTwoPhases(points)) == .rejected(.verificationError))
        // A two-phase proof without its second phase.
        let shuffle = Shuffle(vectors.shuffle[0])
        let onePhase = [0] + shuffle.proof[1..<97] + shuffle.proof[193...]
        #expect(shuffle.verify(Array(onePhase)) == .rejected(.verificationError))
    }

    @Test func onlyTheExactLengthIsAccepted() throws {
        let range = try R1CSVectors.load().range[0]
        let encoded = bytes(hex: range.proof)
        for count in 0...(encoded.count + 130) where count != encoded.count {
            let changed = Array((encoded + [UInt8](repeating: 0, count: 130)).prefix(count))
            let wholeRounds = count % 32 == 1 && count / 32 >= 13 && (count / 32 - 13) % 2 == 0
            let result = try Self.verifyRange(range, proof: changed)
            #expect(
                result == .rejected(.formatError) || (wholeRounds && result == .rejected(.verificationError)),
                "\(count) bytes: \(result)"
            )
        }
    }

    @Test func identityAndUndecodablePointsAreRefused() throws {
        let range = try R1CSVectors.load().range[0]
        let encoded = bytes(hex: range.proof)
        for element in Array(0..<8) + Array(11..<(encoded.count / 32 - 2)) {
            for filler in [UInt8(0), 0xFF] {
                var changed = encoded
                changed.replaceSubrange(
                    (1 + 32 * element)..<(33 + 32 * element),
                    with: repeatElement(filler, count: 32)
                )
                #expect(try Self.verifyRange(range, proof: changed) == .rejected(.verificationError))
            }
        }
    }
}
