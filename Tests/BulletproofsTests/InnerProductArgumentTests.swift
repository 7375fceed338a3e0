import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs

@Suite struct InnerProductArgumentTests {
    private struct Instance {
        let product: RistrettoPoint
        let gFactors: [Scalar]
        let hFactors: [Scalar]
        let g: [RistrettoPoint]
        let h: [RistrettoPoint]
        let a: [Scalar]
        let b: [Scalar]
        let commitment: RistrettoPoint

        init(_ n: Int, seed: UInt64 = 1) {
            var randomness = SeededGenerator(seed)
            func scalars() -> [Scalar] { (0..<n).map { _ in .random(using: &randomness) } }
            product = Scalar.random(using: &randomness) * .generator
            gFactors = scalars()
            hFactors = scalars()
            g = Array(Shared.circuits.g[0].prefix(n))
            h = Array(Shared.circuits.h[0].prefix(n))
            a = scalars()
            b = scalars()
            let left = RistrettoPoint.multiscalarMultiply(zip(a, gFactors).map { $0 * $1 }, g)
            let right = RistrettoPoint.multiscalarMultiply(zip(b, hFactors).map { $0 * $1 }, h)
            commitment = left + right + Scalar.innerProduct(a, b) * product
        }

        func prove(_ plan: FoldingPlan? = nil) throws(BulletproofError) -> InnerProductArgument {
            var transcript = Transcript(label: "innerproducttest")
            return try InnerProductArgument.prove(
                product: product,
                productFactor: .one,
                gFactors: gFactors,
                hFactors: hFactors,
                g: g,
                h: h,
                a: a,
                b: b,
                plan: plan,
                transcript: &transcript
            )
        }

        func verify(
            _ argument: InnerProductArgument,
            commitment: RistrettoPoint? = nil,
            product: RistrettoPoint? = nil,
            label: StaticString = "innerproducttest"
        ) -> Outcome {
            var transcript = Transcript(label: label)
            return outcome { () throws(BulletproofError) in
                try argument.verify(
                    commitment: commitment ?? self.commitment,
                    product: product ?? self.product,
                    gFactors: gFactors,
                    hFactors: hFactors,
                    g: g,
                    h: h,
                    transcript: &transcript
                )
            }
        }
    }

    @Test(arguments: [1, 2, 4, 8, 16, 32, 64, 128]) func provesAndVerifies(n: Int) throws {
        let instance = Instance(n)
        let argument = try instance.prove()
        #expect(instance.verify(argument) == .accepted)
        // Without a round there is no challenge, and the label does not matter.
        #expect(
            instance.verify(argument, label: "other") == (n == 1 ? .accepted : .rejected(.verificationError))
        )
        #expect(
            instance.verify(argument, commitment: instance.commitment + .generator) == .rejected(.verificationError)
        )
        #expect(instance.verify(argument, product: instance.product + .generator) == .rejected(.verificationError))
        let encoded = argument.encode()
        #expect(encoded.count == InnerProductArgument.byteCount(length: n))
        #expect(try InnerProductArgument(decoding: encoded) == argument)
    }

    /// When generators are folded does not change a single byte.
    @Test func foldingPlansGiveTheSameProof() throws {
        let instance = Instance(64)
        let reference = try instance.prove(.never)
        for lengths in [[32, 16, 8, 4, 2], [64], [16], [2], [8, 2], [32], [32, 8, 4]] {
            #expect(try instance.prove(FoldingPlan(foldLengths: lengths)) == reference)
        }
    }

    @Test func onesAreTheDefaultFactors() throws {
        let instance = Instance(4)
        let ones = Array(repeating: Scalar.one, count: 4)
        var one = Transcript(label: "t")
        var two = Transcript(label: "t")
        let implicit = try InnerProductArgument.prove(
            product: instance.product,
            g: instance.g,
            h: instance.h,
            a: instance.a,
            b: instance.b,
            transcript: &one
        )
        let explicit = try InnerProductArgument.prove(
            product: instance.product,
            gFactors: ones,
            hFactors: ones,
            g: instance.g,
            h: instance.h,
            a: instance.a,
            b: instance.b,
            transcript: &two
        )
        #expect(implicit == explicit)
        #expect(one.challengeBytes("c", count: 8) == two.challengeBytes("c", count: 8))
    }

    @Test func lengthsMustMatch() throws {
        let instance = Instance(4)
        var transcript = Transcript(label: "t")
        #expect(throws: BulletproofError.lengthMismatch) {
            try InnerProductArgument.prove(
                product: instance.product,
                g: Array(instance.g.prefix(3)),
                h: Array(instance.h.prefix(3)),
                a: Array(instance.a.prefix(3)),
                b: Array(instance.b.prefix(3)),
                transcript: &transcript
            )
        }
        #expect(throws: BulletproofError.lengthMismatch) {
            try InnerProductArgument.prove(
                product: instance.product,
                g: instance.g,
                h: instance.h,
                a: instance.a,
                b: Array(instance.b.prefix(2)),
                transcript: &transcript
            )
        }
        #expect(throws: BulletproofError.lengthMismatch) {
            try InnerProductArgument.prove(
                product: instance.product,
                g: [],
                h: [],
                a: [],
                b: [],
                transcript: &transcript
            )
        }
        let argument = try instance.prove()
        #expect(Instance(2).verify(argument) == .rejected(.verificationError))
        #expect(Instance(8).verify(argument) == .rejected(.verificationError))
    }

    @Test func decoderAcceptsOneLengthOnly() throws {
        let encoded = try Instance(4).prove().encode()
        for count in 0..<(encoded.count + 80) where count != encoded.count {
            let bytes = Array((encoded + [UInt8](repeating: 0, count: 80)).prefix(count))
            let result = outcome { () throws(BulletproofError) in _ = try InnerProductArgument(decoding: bytes) }
            // A whole number of rounds plus two scalars decodes, if the scalars happen to be canonical.
            if count % 32 == 0, count >= 64, (count / 32) % 2 == 0 { continue }
            #expect(result == .rejected(.formatError), "\(count) bytes")
        }
        let tooLong = [UInt8](repeating: 0, count: 32 * (2 * 32 + 2))
        #expect(
            outcome { () throws(BulletproofError) in _ = try InnerProductArgument(decoding: tooLong) }
                == .rejected(.formatError)
        )
    }

    /// Rounds whose points are the identity, or no points.
    @Test func badPointsAreRefused() throws {
        let instance = Instance(2)
        let argument = try instance.prove()
        let notAPoint = try #require(CompressedRistretto([UInt8](repeating: 0xFF, count: 32)))
        for bad in [CompressedRistretto.identity, notAPoint] {
            for left in [true, false] {
                let round = argument.rounds[0]
                let changed = InnerProductArgument(
                    rounds: [.init(left: left ? bad : round.left, right: left ? round.right : bad)],
                    a: argument.a,
                    b: argument.b
                )
                #expect(instance.verify(changed) == .rejected(.verificationError))
            }
        }
    }
}

@Suite struct FoldingPlanTests {
    @Test func lengthsDescendAndDivide() {
        for k in 0...14 {
            let lengths = FoldingPlan.standard(length: 1 << k).foldLengths
            #expect(lengths == lengths.sorted(by: >))
            #expect(lengths.allSatisfy { isPowerOfTwo($0) && $0 > 1 && $0 < 1 << k })
            #expect(Set(lengths).count == lengths.count)
        }
    }
}
