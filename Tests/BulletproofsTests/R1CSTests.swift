import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsR1CS

@Suite struct R1CSTests {
    @Test(arguments: [1, 2, 3, 4, 5, 8, 13]) func shuffleProvesAndVerifies(k: Int) throws {
        var randomness = SystemRandomNumberGenerator()
        let inputs = (0..<k).map { _ in Scalar.random(using: &randomness) }
        let outputs = inputs.shuffled()
        let (x, y, proof) = try Gadgets.proveShuffle(
            inputs: inputs,
            outputs: outputs,
            generators: Shared.circuits,
            randomness: &randomness
        )
        #expect(proof.count == R1CSProof.byteCount(gateCount: 2 * k - 2, hasSecondPhaseGates: k > 1))
        try Gadgets.verifyShuffle(inputs: x, outputs: y, proof: proof, generators: Shared.circuits)
    }

    @Test func falseShuffleIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let inputs = (0..<4).map { _ in Scalar.random(using: &randomness) }
        for index in 0..<4 {
            var outputs = Array(inputs.reversed())
            outputs[index] += .one
            let (x, y, proof) = try Gadgets.proveShuffle(
                inputs: inputs,
                outputs: outputs,
                generators: Shared.circuits,
                randomness: &randomness
            )
            #expect(throws: BulletproofError.verificationError) {
                try Gadgets.verifyShuffle(inputs: x, outputs: y, proof: proof, generators: Shared.circuits)
            }
        }
    }

    @Test(arguments: [(1, 1), (2, 3), (8, 255), (10, 1022), (33, 1 << 32), (64, UInt64.max)])
    func rangeProvesAndVerifies(bits: Int, value: UInt64) throws {
        var randomness = SystemRandomNumberGenerator()
        let (commitment, proof) = try Gadgets.proveRange(value: value, bits: bits, randomness: &randomness)
        try Gadgets.verifyRange(commitment: commitment, bits: bits, proof: proof)
    }

    @Test func falseRangeIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let (commitment, proof) = try Gadgets.proveRange(value: 256, bits: 8, randomness: &randomness)
        #expect(throws: BulletproofError.verificationError) {
            try Gadgets.verifyRange(commitment: commitment, bits: 8, proof: proof)
        }
    }

    /// dalek's example, (a1 + a2) (b1 + b2) = c1 + c2, in phase 1; wires made by `allocate`; (p - z)^2 in phase 2.
    private static func example<System: RandomizableConstraintSystem>(
        _ system: System,
        _ inputs: [Variable],
        allocated: (Scalar?, Scalar?, Scalar?)
    ) throws(BulletproofError) {
        func sum(_ a: Int, _ b: Int) -> LinearCombination { LinearCombination(inputs[a]) + inputs[b] }
        let gate = system.multiply(sum(0, 1), sum(2, 3))
        system.constrain(sum(4, 5) - gate.output)
        // Three single wires: two of one gate, one of the next; then a gate of phase 2.
        let p = try system.allocate(allocated.0)
        let q = try system.allocate(allocated.1)
        let r = try system.allocate(allocated.2)
        system.constrain(LinearCombination(p) - inputs[0])
        system.constrain(LinearCombination(q) - inputs[1])
        system.constrain(.two * LinearCombination(r) - LinearCombination(p) - q)
        system.specifyRandomizedConstraints { system throws(BulletproofError) in
            let z = system.challengeScalar("z")
            let square = system.multiply(LinearCombination(p), LinearCombination(p)).output
            let shifted = system.multiply(LinearCombination(p) - z, LinearCombination(p) - z).output
            system.constrain(LinearCombination(shifted) - square + (z + z) * LinearCombination(p) - z * z)
            // A wire allocated in phase 2 starts a gate of its own: the half-filled gate of phase 1 is committed.
            let extra = try system.allocate(.some(z))
            system.constrain(LinearCombination(extra) - z)
        }
    }

    private static func exampleProof(
        _ values: [UInt64],
        wires: [UInt64],
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (commitments: [CompressedRistretto], proof: [UInt8], next: [UInt8]) {
        let prover = R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: "R1CSExampleGadget"))
        var commitments: [CompressedRistretto] = []
        var variables: [Variable] = []
        for value in values {
            let (commitment, variable) = prover.commit(Scalar(value), blinding: .random(using: &randomness))
            commitments.append(commitment)
            variables.append(variable)
        }
        try example(
            prover,
            variables,
            allocated: (Scalar(wires[0]), Scalar(wires[1]), Scalar(wires[2]))
        )
        let proof = try prover.prove(generators: Shared.circuits, randomness: &randomness)
        return (commitments, proof.encode(), prover.transcript.challengeBytes("next", count: 32))
    }

    private static func verifyExample(
        _ commitments: [CompressedRistretto],
        _ proof: [UInt8]
    ) throws(BulletproofError) -> [UInt8] {
        let verifier = R1CSVerifier(transcript: Transcript(label: "R1CSExampleGadget"))
        let variables = commitments.map(verifier.commit)
        try example(verifier, variables, allocated: (nil, nil, nil))
        var randomness = SystemRandomNumberGenerator()
        try verifier.verify(
            R1CSProof(decoding: proof),
            generators: Shared.circuits,
            pedersen: Shared.pedersen,
            randomness: &randomness
        )
        return verifier.transcript.challengeBytes("next", count: 32)
    }

    @Test func exampleWithAllocatedWires() throws {
        var randomness = SystemRandomNumberGenerator()
        let honest = try Self.exampleProof([3, 5, 6, 1, 40, 16], wires: [3, 5, 4], randomness: &randomness)
        #expect(try Self.verifyExample(honest.commitments, honest.proof) == honest.next)
        for (values, wires) in [
            ([3, 5, 6, 1, 40, 17], [3, 5, 4]), ([3, 5, 6, 1, 40, 16], [4, 4, 4]), ([3, 5, 6, 1, 40, 16], [3, 5, 5]),
        ] as [([UInt64], [UInt64])] {
            let wrong = try Self.exampleProof(values, wires: wires, randomness: &randomness)
            #expect(throws: BulletproofError.verificationError) {
                try Self.verifyExample(wrong.commitments, wrong.proof)
            }
        }
    }

    @Test func circuitWithoutGates() throws {
        var randomness = SystemRandomNumberGenerator()
        func gadget(_ system: some ConstraintSystem, _ variables: [Variable]) {
            system.constrain(LinearCombination(variables[0]) - variables[1])
        }
        for difference in [UInt64(0), 1] {
            let prover = R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: "t"))
            let inputs = [Scalar(9), Scalar(9 + difference)].map {
                prover.commit($0, blinding: .random(using: &randomness))
            }
            gadget(prover, inputs.map(\.variable))
            let proof = try prover.prove(generators: Shared.circuits, randomness: &randomness)
            let verifier = R1CSVerifier(transcript: Transcript(label: "t"))
            gadget(verifier, inputs.map { verifier.commit($0.commitment) })
            let result = outcome { () throws(BulletproofError) in
                try verifier.verify(
                    proof,
                    generators: Shared.circuits,
                    pedersen: Shared.pedersen,
                    randomness: &randomness
                )
            }
            #expect(result == (difference == 0 ? .accepted : .rejected(.verificationError)))
        }
    }

    @Test func misuseIsNamed() throws {
        var randomness = SystemRandomNumberGenerator()
        func prover() -> R1CSProver {
            R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: "t"))
        }
        #expect(throws: BulletproofError.missingAssignment) { try prover().allocate(nil) }
        #expect(throws: BulletproofError.missingAssignment) { try prover().allocateMultiplier(nil) }
        for variable in [Variable.left(0), .right(3), .output(-1), .committed(0)] {
            let prover = prover()
            _ = prover.multiply(LinearCombination(variable), LinearCombination(Scalar.one))
            if variable != .left(0) {
                #expect(throws: BulletproofError.unknownVariable) {
                    try prover.prove(generators: Shared.circuits, randomness: &randomness)
                }
            }
            let verifier = R1CSVerifier(transcript: Transcript(label: "t"))
            verifier.constrain(LinearCombination(variable))
            let proof = try R1CSProof(decoding: bytes(hex: R1CSVectors.load().range[0].proof))
            #expect(throws: BulletproofError.unknownVariable) {
                try verifier.verify(
                    proof,
                    generators: Shared.circuits,
                    pedersen: Shared.pedersen,
                    randomness: &randomness
                )
            }
        }
        let small = BulletproofGenerators(capacity: 2)
        let (x, y, proof) = try Gadgets.proveShuffle(
            inputs: [.one, .two, .one],
            outputs: [.two, .one, .one],
            generators: Shared.circuits,
            randomness: &randomness
        )
        #expect(throws: BulletproofError.insufficientGenerators) {
            try Gadgets.verifyShuffle(inputs: x, outputs: y, proof: proof, generators: small)
        }
        #expect(throws: BulletproofError.insufficientGenerators) {
            try Gadgets.proveShuffle(
                inputs: [.one, .two, .one],
                outputs: [.two, .one, .one],
                generators: small,
                randomness: &randomness
            )
        }
        #expect(throws: BulletproofError.insufficientGenerators) {
            let prover = prover()
            for _ in 0..<3 { _ = prover.multiply(LinearCombination(Scalar.one), LinearCombination(Scalar.one)) }
            _ = try prover.prove(generators: small, randomness: &randomness)
        }
    }

    @Test func linearCombinationArithmetic() {
        let a = Variable.left(0)
        let b = Variable.right(1)
        func coefficients(_ combination: LinearCombination) -> [Variable: Scalar] {
            combination.terms.reduce(into: [:]) { $0[$1.variable, default: .zero] += $1.coefficient }
        }
        let combination = Scalar(3) * (LinearCombination(a) - b + .two) - (LinearCombination(b) - .one) - a
        #expect(coefficients(combination) == [a: .two, b: -Scalar(4), .constantOne: Scalar(7)])
        let negated = -combination
        #expect(coefficients(negated) == [a: -.two, b: Scalar(4), .constantOne: -Scalar(7)])
    }

    @Test func proverRandomnessIsHedged() throws {
        var stuck = StuckGenerator()
        func elements(_ value: UInt64) throws -> Set<[UInt8]> {
            let prover = R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: "t"))
            // No external commitment: only the wires tell the two runs apart.
            let variable = try prover.allocateMultiplier((Scalar(value), Scalar(1000))).left
            prover.constrain(LinearCombination(variable) - variable)
            let encoded = try prover.prove(generators: Shared.circuits, randomness: &stuck).encode()
            return Set(stride(from: 1, to: encoded.count, by: 32).map { Array(encoded[$0..<($0 + 32)]) })
        }
        #expect(try elements(7) == elements(7))
        #expect(try elements(7).isDisjoint(with: elements(8)))
    }
}
